/** What a registrar says of itself to monitors of the Component Status Protocol. Pure. */

import type { RegistrarView } from "../api.ts";
import { componentId, type ComponentReport } from "./report.ts";

const TCP = 6;
/** The payload protocol identifier of ENRP. RFC 5353 §5.3. */
const PPID_ENRP = 12;

/** What is known besides. */
export interface ReportFacts {
  /** Where it runs, for people. */
  readonly location: string;
  readonly intervalMs: number;
  /** Milliseconds since it has started. */
  readonly upMs: number;
  /** The share of a processor that it has used lately. */
  readonly workload: number | undefined;
  readonly isFinal: boolean;
}

/** The report of a registrar: its peers are its associations, with ENRP in them. */
export function registrarReport(view: RegistrarView, facts: ReportFacts): ComponentReport {
  const { intervalMs, upMs, ...others } = facts;
  const associations = view.peers.filter(({ status }) => status.state === "active")
    .map(({ identifier }) => ({
      receiver: componentId("registrar", identifier),
      durationUs: undefined,
      flags: 0,
      protocol: TCP,
      ppid: PPID_ENRP,
    }));
  return {
    ...others,
    sender: componentId("registrar", view.identifier),
    timestampUs: BigInt(Math.round(upMs * 1000)),
    intervalUs: intervalMs * 1000,
    status: statusText(view),
    associations,
    associationCount: associations.length,
  };
}

function statusText({ state, statistics, peers }: RegistrarView): string {
  if (state !== "serving") return state;
  const { pools, poolElements, children } = statistics;
  return `${pools} pools, ${poolElements} PEs (${children} own), ${peers.length} peers`;
}
