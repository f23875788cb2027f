/** `dhcp export`: bindings for another program. */

import { type Context, defineCommand } from "../command.ts";
import { macOfHardware } from "../dhcp/dnsmasq/hardware.ts";
import { type BindingView, BindingViews } from "../dhcp/operator/binding_view.ts";
import { POOL_OPTION, poolOf } from "../dhcp/operator/pool_option.ts";
import { choice, type ValuesOf } from "../option.ts";
import type { SharedValues } from "../options.ts";
import { askObserver } from "../registrars.ts";
import { renderCsv } from "../table.ts";

const FORMS = ["dnsmasq", "json", "csv"] as const;

const options = {
  ...POOL_OPTION,
  as: choice("--as <FORM>", "the form", FORMS, "dnsmasq"),
};

type Options = ValuesOf<typeof options> & SharedValues;

/** The command. */
export const command = defineCommand({
  options,
  uses: ["registrar", "question", "security", "certificate", "multicast", "handle"],
  notes: `
Writes the leases that run to standard output: dnsmasq's lease file (expiry, hardware address,
address, host name, client identifier), a JSON array, or csv. In csv no cell begins with what a
spreadsheet takes for a formula.`,
  examples: [
    ["rserpool dhcp export > dnsmasq.leases", "for a dnsmasq that serves alone"],
    ["rserpool dhcp export --as csv > leases.csv", "for a spreadsheet"],
  ],
  run,
});

async function run(context: Context, options: Options): Promise<void> {
  const api = await context.clientApi();
  const { servers, bindings } = await askObserver(context, options, async (observer, wait) => {
    const poolHandle = await poolOf(observer, wait, options, api);
    return await observer.bindings(poolHandle, wait);
  });
  const views = new BindingViews(api, servers, Date.now() / 1000);
  const leases = bindings.filter(({ state }) => state === "BOUND").map((each) => views.view(each));
  const left = leases.filter(({ hardware }) => hardware === null).length;
  if (options.as === "dnsmasq" && left > 0) {
    context.log.warning(`left out, as dnsmasq knows no lease without a hardware address: ${left}`);
  }
  context.stdout.print(textOf(leases, options.as));
}

/** Leases in a form. */
export function textOf(leases: readonly BindingView[], form: typeof FORMS[number]): string {
  if (form === "json") return `${JSON.stringify(leases, null, 2)}\n`;
  if (form === "dnsmasq") return leases.map(leaseLine).join("");
  const header = ["address", "hardware", "client_id", "host", "server", "expires_at"];
  return renderCsv({ header, rows: leases.map(csvRow) }, { noHeader: false });
}

function leaseLine({ expiresAt, hardware, address, host, clientId }: BindingView): string {
  if (hardware === null) return "";
  return `${expiresAt ?? 0} ${macOfHardware(hardware)} ${address} ${host ?? "*"} ${
    clientId ?? "*"
  }\n`;
}

function csvRow({ address, hardware, clientId, host, server, expiresAt }: BindingView): string[] {
  const ends = expiresAt === null ? "" : String(expiresAt);
  return [address, hardware ?? "", clientId ?? "", host ?? "", server, ends].map(harmless);
}

/** Spreadsheets calculate what begins so; a host name may begin with "-". */
function harmless(cell: string): string {
  return /^[=+@\t\r-]/.test(cell) ? `'${cell}` : cell;
}
