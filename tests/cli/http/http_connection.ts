/** Raw HTTP over a socket: what a client that behaves badly sends, and what it gets. */

/** A connection of one test. */
export class HttpConnection {
  private constructor(private readonly connection: Deno.TcpConn) {}

  static async to(at: string): Promise<HttpConnection> {
    const [, host, port] = /^(.*):(\d+)$/.exec(at)!;
    const hostname = host!.replace(/[[\]]/g, "");
    return new HttpConnection(await Deno.connect({ hostname, port: Number(port) }));
  }

  async send(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    for (let rest = bytes; rest.length > 0;) {
      rest = rest.subarray(await this.connection.write(rest));
    }
  }

  /** All until the words have come, or the end. */
  async until(words: RegExp): Promise<string> {
    let text = "";
    while (!words.test(text)) {
      const piece = await this.piece();
      if (piece === undefined) break;
      text += piece;
    }
    return text;
  }

  /** All until the other side ends it. */
  async rest(): Promise<string> {
    return await this.until(/(?!)/);
  }

  close(): void {
    this.connection.close();
  }

  private async piece(): Promise<string | undefined> {
    const buffer = new Uint8Array(65_536);
    try {
      const count = await this.connection.read(buffer);
      return count === null ? undefined : new TextDecoder().decode(buffer.subarray(0, count));
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionReset) return undefined;
      throw error;
    }
  }
}
