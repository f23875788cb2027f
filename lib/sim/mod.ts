/**
 * A whole cluster in one process, under virtual time and a seed.
 *
 * @module
 */

export {
  type Crossing,
  type DialError,
  Network,
  type NetworkOptions,
  type Wiretap,
} from "./network.ts";
export {
  Process,
  type ProcessNote,
  type ProcessObserver,
  type ProcessState,
  type Program,
  type Surroundings,
} from "./process.ts";
export { Livelock, Scheduler, type Task } from "./scheduler.ts";
export { type Party, Socket } from "./socket.ts";
