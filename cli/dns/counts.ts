/** What a name server has answered since its start, in numbers. */

import type { Api, HistogramView } from "../api.ts";
import type { Answer, Way } from "./responder.ts";

/** Milliseconds that a question waits while a registrar is asked. */
const WAIT_BOUNDS_MS: readonly number[] = [0.5, 1, 2, 5, 10, 20, 50, 100, 500, 1_000, 2_000];
/** RFC 1035 §4.1.1: the response code, and that an answer was too long for a datagram. */
const RCODE_BITS = 0x0f;
const TRUNCATED_BIT = 0x02;

/** Counts it. */
export class DnsCounts {
  readonly questions: Record<Way, number> = { udp: 0, tcp: 0 };
  /** Messages that have no answer: they are none, or answers themselves. */
  dropped = 0;
  truncated = 0;
  /** By response code; BADVERS, which has bits elsewhere, as NOERROR. RFC 1035 §4.1.1. */
  readonly answers = new Map<number, number>();
  private readonly waitsMs: InstanceType<Api["Histogram"]>;
  private readonly now: () => number;

  /** @param now Milliseconds of a clock that only goes forward. */
  constructor({ Histogram }: Pick<Api, "Histogram">, now: () => number) {
    this.waitsMs = new Histogram(WAIT_BOUNDS_MS);
    this.now = now;
  }

  /** A message came, and is answered by that now or later: passed on. */
  count(way: Way, answer: Answer | Promise<Answer>): Answer | Promise<Answer> {
    this.questions[way]++;
    if (!(answer instanceof Promise)) {
      this.answered(answer);
      return answer;
    }
    const since = this.now();
    return answer.then((answer) => {
      this.waitsMs.observe(this.now() - since);
      this.answered(answer);
      return answer;
    });
  }

  /** How long questions have waited for registrars. */
  get waits(): HistogramView {
    return this.waitsMs.view();
  }

  private answered(answer: Answer): void {
    if (answer === undefined) {
      this.dropped++;
      return;
    }
    const rcode = answer[3]! & RCODE_BITS;
    this.answers.set(rcode, (this.answers.get(rcode) ?? 0) + 1);
    if ((answer[2]! & TRUNCATED_BIT) !== 0) this.truncated++;
  }
}
