/** A DHCP server's metrics, without the dnsmasq and the network that a whole one needs. */

import { dhcpMeasures } from "../../../cli/dhcp/run/shown.ts";
import { START_REASONS } from "../../../cli/dhcp/run/server.ts";
import { dhcpMetrics } from "../../../cli/metrics/dhcp_metrics.ts";
import { metricsText } from "../../../cli/metrics/text.ts";
import { BindingAgent, BindingElement } from "../../../mod.ts";

const SELF = 7;

/** As `/metrics` would have it after the first start. */
export function dhcpText(): string {
  const agent = new BindingAgent({
    self: SELF,
    name: "a",
    first: "192.0.2.10",
    last: "192.0.2.19",
    share: 1,
    shares: 2,
    lease: 120,
    authoritative: false,
    placeholder: "02:aa:aa:aa:aa:aa",
    unavailable: [],
  }, 0);
  const element = new BindingElement({
    poolHandle: "dhcp/lan1",
    identifier: SELF,
    registrars: [{ host: "127.0.0.1", port: 1 }],
  });
  const source = dhcpMetrics(() =>
    dhcpMeasures({
      agent,
      now: 0,
      dnsmasqPid: 1,
      isServing: true,
      isPublished: true,
      from: "registrar",
      registrar: undefined,
      starts: new Map(START_REASONS.map((why) => [why, Number(why === "first")])),
      events: new Map([["add", 1], ["old", 0], ["del", 0]]),
    }), () => element.traffic());
  return metricsText(source.measure());
}

/** Shows a text at an address of its own, until it is disposed of. */
export function serveText(text: string): AsyncDisposable & { readonly at: string } {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(text, { headers: { "content-type": "text/plain; version=0.0.4" } }),
  );
  return {
    at: `127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
