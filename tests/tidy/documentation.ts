/** Which public symbols have no documentation. */

interface Documented {
  readonly name: string;
  readonly jsDoc?: { readonly doc?: string };
}

interface Declaration extends Omit<Documented, "name"> {
  readonly kind: string;
  readonly location: { readonly filename: string; readonly line: number };
  readonly def?: { readonly methods?: readonly (Documented & { accessibility?: string })[] };
}

interface Documentation {
  readonly nodes: Readonly<
    Record<string, { symbols: readonly { name: string; declarations: readonly Declaration[] }[] }>
  >;
}

function isDocumented(symbol: { readonly jsDoc?: { readonly doc?: string } }): boolean {
  return Boolean(symbol.jsDoc?.doc?.trim());
}

function undocumentedMethods(name: string, declaration: Declaration): string[] {
  const documented = new Set<string>();
  const all = new Set<string>();
  for (const method of declaration.def?.methods ?? []) {
    if (method.accessibility === "private" || method.name.startsWith("[")) continue;
    all.add(method.name);
    if (isDocumented(method)) documented.add(method.name);
  }
  return [...all].filter((method) => !documented.has(method)).map((method) => `${name}.${method}`);
}

/** Exports of a module, and methods of exported classes, without a word about them. */
export async function undocumented(module: string): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", module],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { nodes }: Documentation = JSON.parse(new TextDecoder().decode(stdout));
  const symbols = Object.values(nodes).flatMap((node) => node.symbols);
  if (symbols.length === 0) throw new Error(`${module} exports nothing`);
  return symbols.flatMap(({ name, declarations }) => [
    ...(declarations.some(isDocumented) ? [] : [name]),
    ...declarations.flatMap((declaration) => undocumentedMethods(name, declaration)),
  ]);
}
