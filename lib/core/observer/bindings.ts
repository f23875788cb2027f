/** Questions about DHCP bindings, and their answers page by page. docs/dhcp.md §3.5 and §5. */

import { type Binding, type BindingServer, CAUSE, type EnrpMessage } from "../../wire/mod.ts";
import { BEFORE_ALL, mistakeIn } from "../binding_pages.ts";
import type { ObserverCommand, ObserverEvent } from "./contract.ts";

type Dump = Extract<EnrpMessage, { type: "ENRP_BINDING_DUMP" }>;
type Reply = Extract<EnrpMessage, { type: "ENRP_BINDING_REPLY" }>;

/** What is asked about bindings. */
export type BindingQuestion = Extract<
  ObserverCommand,
  { type: "bindings" | "binding-tables" | "partner-down" }
>;
/** What may answer it. */
export type BindingAnswer = Dump | Reply;
/** What is told of the answer, besides who has given it. */
type Told =
  | Omit<Extract<ObserverEvent, { type: "bindings" }>, Who>
  | Omit<Extract<ObserverEvent, { type: "binding-tables" }>, Who>
  | Omit<Extract<ObserverEvent, { type: "partner-down" }>, Who>;
type Who = "request" | "identifier" | "registrar";

const BETWEEN = { sender: 0, receiver: 0 };

/** Whether a question is one about bindings. */
export function isBindingQuestion(question: ObserverCommand): question is BindingQuestion {
  return question.type === "bindings" || question.type === "binding-tables" ||
    question.type === "partner-down";
}

/** The type of the message that answers a question about bindings. */
export function bindingAnswerType({ type }: BindingQuestion): BindingAnswer["type"] {
  return type === "partner-down" ? "ENRP_BINDING_REPLY" : "ENRP_BINDING_DUMP";
}

/** The message that asks; of pages, the one behind an address. */
export function bindingRequest(question: BindingQuestion, after = BEFORE_ALL): EnrpMessage {
  const { request, type } = question;
  if (type === "partner-down") {
    const { poolHandle, name, force = false } = question;
    const servers = [{ ...NOBODY, name }];
    const about = { request, poolHandle, servers, bindings: [] };
    return { type: "ENRP_BINDING_UPDATE", ...BETWEEN, force, ...about };
  }
  const { poolHandle, server = 0 } = type === "bindings" ? question : {};
  return { type: "ENRP_BINDING_DUMP_REQUEST", ...BETWEEN, request, server, after, poolHandle };
}

/** Whether the question is settled by a rejection: nobody else may be asked to do it instead. */
export function isFinal(question: BindingQuestion, { causes = [] }: BindingAnswer): boolean {
  return question.type === "partner-down" &&
    !causes.some(({ code }) => code === CAUSE.lackOfResources || code === CAUSE.unknownPoolHandle);
}

/** Pages of bindings from one registrar, put together. */
export class BindingDownload {
  after = BEFORE_ALL;
  private readonly servers: BindingServer[] = [];
  private readonly bindings: Binding[] = [];

  /** How many bindings came. */
  get count(): number {
    return this.bindings.length;
  }

  /** Takes a page; why it is none, if it is none. */
  take(page: Dump): string | undefined {
    const mistake = mistakeIn(page, this);
    if (mistake !== undefined) return mistake;
    if (this.after === BEFORE_ALL) this.servers.push(...page.servers);
    this.bindings.push(...page.bindings);
    this.after = page.bindings.at(-1)?.address ?? this.after;
    return undefined;
  }

  /** What the last page makes whole. */
  told(question: BindingQuestion, last: BindingAnswer): Told {
    if (last.type === "ENRP_BINDING_REPLY") return { type: "partner-down", servers: last.servers };
    if (question.type === "binding-tables") return { type: "binding-tables", tables: last.tables };
    const { servers, bindings } = this;
    return { type: "bindings", servers, bindings, lost: last.lost ?? [] };
  }
}

/** A server of which no more than the name is known: the registrar finds it by that. */
const NOBODY: Omit<BindingServer, "name"> = {
  identifier: 0,
  version: 0,
  claim: 0,
  first: BEFORE_ALL,
  last: BEFORE_ALL,
  share: 0,
  shares: 0,
  lease: 0,
  freeIn: 0,
  flags: ["down"],
  acknowledgements: [],
};
