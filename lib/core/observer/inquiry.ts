/** One request of an observer, with associations and a hunt of its own. */

import { CAUSE, type EnrpMessage, type ErrorCause } from "../../wire/mod.ts";
import { followed } from "../attempt.ts";
import type { Association, DisconnectReason, Instant } from "../machine.ts";
import type { Outputs } from "../outputs.ts";
import { type HuntOutlet, ServerHunt } from "../server_hunt.ts";
import {
  type BindingAnswer,
  bindingAnswerType,
  BindingDownload,
  type BindingQuestion,
  bindingRequest,
  isBindingQuestion,
  isFinal,
} from "./bindings.ts";
import type {
  ObserverCommand,
  ObserverEvent,
  ObserverFailure,
  ObserverOptions,
} from "./contract.ts";
import { Download } from "./download.ts";

type ListResponse = Extract<EnrpMessage, { type: "ENRP_LIST_RESPONSE" }>;
type TableResponse = Extract<EnrpMessage, { type: "ENRP_HANDLE_TABLE_RESPONSE" }>;

/** What an inquiry asks. */
export type Question =
  | Extract<ObserverCommand, { type: "list" | "handle-table" }>
  | BindingQuestion;

/** An observer's sender identifier (docs/tcp-mapping.md §3.8). */
const OBSERVER = 0;
const DEFAULT_STAGGER_MS = 1_000;

/** A question that several registrars may be asked, until one has answered it. */
export class Inquiry {
  readonly question: Question;
  /** Associations that are dialled or open. */
  readonly associations = new Set<Association>();
  isOver = false;
  private readonly options: ObserverOptions;
  private readonly outputs: Outputs<ObserverEvent>;
  readonly hunt: ServerHunt;
  private readonly downloads = new Map<Association, Download>();
  private readonly bindings = new Map<Association, BindingDownload>();
  private rejection: ObserverFailure & { readonly why: "rejected" } | undefined;

  constructor(question: Question, options: ObserverOptions, outputs: Outputs<ObserverEvent>) {
    this.question = question;
    this.options = options;
    this.outputs = outputs;
    const { registrars, timing, limits, random, staggerMs = DEFAULT_STAGGER_MS } = options;
    const maxHints = options.discovers === true ? limits.maxHintsPerRound : undefined;
    const order = options.order ?? "given";
    const outlet: HuntOutlet = {
      connect: (protocol, to, timeoutMs) => {
        const association = outputs.connect(protocol, to, timeoutMs);
        this.associations.add(association);
        return association;
      },
      close: (association) => {
        this.forget(association);
        outputs.close(association);
      },
      failed: (attempts, ended) => {
        if (ended) this.fail({ why: "no-registrar", attempts });
      },
    };
    this.hunt = new ServerHunt(
      { protocol: "ENRP", registrars, maxHints, timing, random, order, staggerMs, once: true },
      followed(outlet, options.tellsAttempts, outputs),
    );
  }

  start(now: Instant): void {
    this.hunt.start(now);
  }

  deadline(): Instant {
    return Math.min(this.question.deadline, this.hunt.deadline() ?? Infinity);
  }

  onDeadline(now: Instant): void {
    this.hunt.onDeadline(now);
    if (this.isOver || now < this.question.deadline) return;
    this.fail({ why: "no-registrar", attempts: this.hunt.attempts() });
  }

  onConnected(association: Association): void {
    if (this.hunt.onConnected(association) === undefined) return;
    const { limits } = this.options;
    const ownChildrenOnly = this.question.type === "handle-table" &&
      this.question.ownChildrenOnly === true;
    this.downloads.set(association, new Download(limits, ownChildrenOnly));
    this.bindings.set(association, new BindingDownload());
    this.ask(association);
  }

  onDisconnected(
    association: Association,
    reason: DisconnectReason,
    detail: string | undefined,
    now: Instant,
  ): void {
    const cut = this.cut(association);
    this.forget(association);
    this.hunt.onDisconnected(association, reason, detail ?? cut, now);
  }

  /** A message that may be the answer. `false` if it is none. */
  onMessage(association: Association, message: EnrpMessage, now: Instant): boolean {
    const { type } = this.question;
    if (message.sender === OBSERVER) {
      this.hunt.fail(association, "garbage", "it answers without a server identifier", now);
    } else if (message.type === "ENRP_LIST_RESPONSE" && type === "list") {
      this.onList(association, message, now);
    } else if (message.type === "ENRP_HANDLE_TABLE_RESPONSE" && type === "handle-table") {
      this.onTable(association, message, now);
    } else if (isBindingAnswer(message, this.question)) {
      this.onBindings(association, this.question as BindingQuestion, message, now);
    } else if (message.type === "ENRP_ERROR") {
      // Reports of skipped parameters say nothing of the request.
      if (message.causes.every((cause) => cause.code === CAUSE.unrecognizedParameter)) return false;
      this.reject(association, message.sender, message.causes, now);
    } else return false;
    return true;
  }

  /** What came is no message. */
  onUndecodable(
    association: Association,
    messageType: string | undefined,
    detail: string,
    now: Instant,
  ): void {
    const { question } = this;
    const awaited = isBindingQuestion(question)
      ? bindingAnswerType(question)
      : question.type === "list"
      ? "ENRP_LIST_RESPONSE"
      : "ENRP_HANDLE_TABLE_RESPONSE";
    if (messageType === awaited) this.hunt.fail(association, "garbage", detail, now);
    else this.hunt.remark(association, "garbage", detail);
  }

  /** Ends the inquiry without a word. */
  end(): void {
    this.isOver = true;
    this.hunt.stop();
  }

  /** Ends the inquiry: there is no answer. That a registrar rejected it says the most. */
  fail(failure: ObserverFailure): void {
    if (this.isOver) return;
    this.end();
    const { request } = this.question;
    const told = failure.why === "no-registrar" ? this.rejection ?? failure : failure;
    this.outputs.event({ type: "failed", request, ...told });
  }

  private ask(association: Association): void {
    const { question } = this;
    const between = { sender: OBSERVER, receiver: OBSERVER };
    if (isBindingQuestion(question)) {
      const after = this.bindings.get(association)?.after;
      return this.outputs.send(association, bindingRequest(question, after));
    }
    if (question.type === "list") {
      return this.outputs.send(association, { type: "ENRP_LIST_REQUEST", ...between });
    }
    const ownChildrenOnly = question.ownChildrenOnly ?? false;
    const type = "ENRP_HANDLE_TABLE_REQUEST";
    this.outputs.send(association, { type, ownChildrenOnly, ...between });
  }

  private onList(association: Association, message: ListResponse, now: Instant): void {
    const { sender: identifier, reject, servers } = message;
    if (reject) return this.reject(association, identifier, [], now);
    const registrar = this.hunt.addressOf(association)!;
    const { request } = this.question;
    this.end();
    this.outputs.event({ type: "listed", request, identifier, registrar, servers });
  }

  private onTable(association: Association, message: TableResponse, now: Instant): void {
    const download = this.downloads.get(association);
    if (download === undefined) return;
    if (message.reject) return this.reject(association, message.sender, [], now);
    const mistake = download.take(message);
    if (mistake !== undefined) return this.hunt.fail(association, "garbage", mistake, now);
    if (message.moreToSend) {
      this.hunt.postpone(now);
      this.hunt.remark(association, "silent", this.cut(association)!);
      return this.ask(association);
    }
    const registrar = this.hunt.addressOf(association)!;
    const { request } = this.question;
    const { pools } = download;
    this.end();
    const identifier = message.sender;
    this.outputs.event({ type: "table", request, identifier, registrar, pools });
  }

  private onBindings(
    association: Association,
    question: BindingQuestion,
    message: BindingAnswer,
    now: Instant,
  ): void {
    const { sender: identifier, causes = [] } = message;
    const download = this.bindings.get(association)!;
    const registrar = this.hunt.addressOf(association)!;
    if (message.reject) {
      if (!isFinal(question, message)) return this.reject(association, identifier, causes, now);
      return this.fail({ why: "rejected", identifier, registrar, causes });
    }
    if (message.type === "ENRP_BINDING_DUMP") {
      const mistake = download.take(message);
      if (mistake !== undefined) return this.hunt.fail(association, "garbage", mistake, now);
      if (message.moreToSend) {
        this.hunt.postpone(now);
        this.hunt.remark(association, "silent", this.cut(association)!);
        return this.ask(association);
      }
    }
    this.end();
    const { request } = question;
    this.outputs.event({ ...download.told(question, message), request, identifier, registrar });
  }

  /** RFC 5353 §3.2.3: another registrar may serve. */
  private reject(
    association: Association,
    identifier: number,
    causes: readonly ErrorCause[],
    now: Instant,
  ): void {
    const registrar = this.hunt.addressOf(association)!;
    this.rejection = { why: "rejected", identifier, registrar, causes };
    this.hunt.fail(association, "failed", "it rejected the request", now);
  }

  /** How far a table came: a part of it is never an answer. */
  private cut(association: Association): string | undefined {
    const count = this.bindings.get(association)?.count ?? 0;
    if (count > 0) return `in the middle of the table, after ${count} bindings`;
    const download = this.downloads.get(association);
    if (download?.identifier === undefined) return undefined;
    return `in the middle of the handle table, after ${download.elements} pool elements`;
  }

  private forget(association: Association): void {
    this.associations.delete(association);
    this.downloads.delete(association);
    this.bindings.delete(association);
  }
}

function isBindingAnswer(message: EnrpMessage, question: Question): message is BindingAnswer {
  return isBindingQuestion(question) && message.type === bindingAnswerType(question) &&
    "request" in message && message.request === question.request;
}
