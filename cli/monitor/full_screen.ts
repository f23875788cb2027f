/** The monitor on a screen: news and keys go into the model, frames come out. */

import type { Context } from "../command.ts";
import type { Data } from "./data.ts";
import type { Moment, News } from "./inputs.ts";
import type { Key } from "./keys.ts";
import { MONITOR_LIMITS } from "./limits.ts";
import { type Input, type MonitorState, startState, step } from "./model.ts";
import { Painter } from "./paint.ts";
import { render } from "./render.ts";
import { Screen } from "./terminal.ts";

/** Shows what is learned. */
export class FullScreen implements AsyncDisposable {
  /** Rejected when it cannot go on. */
  readonly failure: Promise<never>;
  private readonly reject: (reason: unknown) => void;
  private readonly screen: Screen;
  private readonly painter: Painter;
  private readonly now: () => number;
  private readonly end: () => void;
  private state: MonitorState;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `end` is called when a key asks for it. */
  constructor({ world, stdout }: Context, data: Data, end: () => void) {
    const { promise, reject } = Promise.withResolvers<never>();
    this.failure = promise;
    promise.catch(() => {});
    this.reject = reject;
    this.end = end;
    this.now = () => world.now();
    this.painter = new Painter(stdout.settings.color);
    const start = startState(data);
    this.state = data.sources.length === 0 ? { ...start, view: "components" } : start;
    this.screen = new Screen(world, {
      key: (key) => this.key(key),
      changed: (size) => {
        this.painter.reset();
        this.input({ type: "resize", size });
        this.screen.write("\x1b[2J");
        this.draw();
      },
      lost: () => this.end(),
      told: (text) => this.tell(text),
    });
    this.screen.open();
    this.input({ type: "resize", size: this.screen.size });
    this.learn({ type: "tick" });
    this.draw();
  }

  /** Drawn soon: what comes together is one frame. */
  learn(news: News): void {
    this.input({ type: "news", news });
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.draw();
    }, MONITOR_LIMITS.frameMs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.timer);
    this.screen.close();
    return Promise.resolve();
  }

  /** Drawn at once: whoever types wants to see it. */
  private key(key: Key): void {
    this.input({ type: "key", key });
    if (this.state.isOver) this.end();
    else this.draw();
  }

  private tell(text: string): void {
    const { time } = this.moment();
    this.learn({ type: "told", line: { time, level: "warning", source: "monitor", text } });
  }

  private input(input: Input): void {
    this.state = step(this.state, input, this.moment());
  }

  private moment(): Moment {
    return { now: this.now(), time: new Date().toISOString() };
  }

  private draw(): void {
    const { now, time } = this.moment();
    try {
      this.screen.write(this.painter.paint(render(this.state, now, time)));
    } catch (error) {
      this.reject(error);
    }
  }
}
