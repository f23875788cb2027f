/**
 * The element's side of a session without a control channel: the bytes of the application and
 * nothing else. docs/tcp-mapping.md §15.
 */

import type { Instant } from "../machine.ts";
import { Timers } from "../timers.ts";
import type { SessionTiming } from "../timing.ts";
import type {
  ElementSession,
  ElementSessionCommand,
  ElementSessionInput,
  ElementSessionOutput,
  SessionFault,
} from "./element_contract.ts";

/** A session of a pool whose Transport Use is 0. The end of the stream is the end of the data. */
export class PlainElementSession implements ElementSession {
  private readonly outputs: ElementSessionOutput[] = [{ type: "began", state: undefined }];
  private readonly timers = new Timers<"end">();
  private isUserEnded = false;
  private isEnded = false;
  private isClosing = false;
  private isOver = false;

  constructor(private readonly timing: Pick<SessionTiming, "sessionEndMs">) {}

  get isListening(): boolean {
    return !this.isOver;
  }

  handle(input: ElementSessionInput, now: Instant): void {
    if (this.isOver) return;
    switch (input.type) {
      case "received":
        if (!this.isClosing) this.outputs.push({ type: "data", bytes: input.bytes });
        return;
      case "disconnected":
        return this.onDisconnected(input);
      case "deadline":
        if (this.timers.takeDue(now) !== undefined) this.finish("close");
        return;
      case "command":
        return this.onCommand(input.command, now);
      case "verified":
      case "unheard":
        return;
    }
  }

  poll(): ElementSessionOutput | undefined {
    return this.outputs.shift();
  }

  deadline(): Instant | undefined {
    return this.timers.next();
  }

  /** FIN is an end, anything else a failure. */
  private onDisconnected({ reason, detail }: SessionFault): void {
    if (reason !== "closed") return this.finish("abort", { reason, detail });
    this.isUserEnded = true;
    this.outputs.push({ type: "user-ended" });
    this.finishIfDone();
  }

  private onCommand(command: ElementSessionCommand, now: Instant): void {
    switch (command.type) {
      case "send":
        if (!this.isEnded) this.outputs.push({ type: "write", bytes: command.bytes });
        return;
      case "end":
        return this.end();
      case "close":
        this.end();
        this.isClosing = true;
        if (!this.isOver) this.timers.set("end", now + this.timing.sessionEndMs);
        return;
      case "abort":
        return this.finish("abort");
      case "send-cookie":
      case "send-card":
        return; // There is no control channel.
    }
  }

  private end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.outputs.push({ type: "end-write" });
    this.finishIfDone();
  }

  private finishIfDone(): void {
    if (this.isEnded && this.isUserEnded) this.finish("close");
  }

  private finish(how: "close" | "abort", fault?: SessionFault): void {
    this.isOver = true;
    this.timers.delete("end");
    this.outputs.push({ type: how }, { type: "over", fault });
  }
}
