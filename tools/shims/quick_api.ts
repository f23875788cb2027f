/** Stands for `cli/api.ts` in the quick program, which has the library's client part at hand. */

import type { Api, ClientApi } from "../../cli/api.ts";
import * as clientApi from "../../cli/client_api.ts";
import { runWholeProgram } from "./whole_program.ts";

/** The library, of which the quick program has no more than the clients' part. */
export function loadApi(): Promise<Api> {
  return runWholeProgram();
}

/** What one-shot commands use of the library. */
export function loadClientApi(): Promise<ClientApi> {
  return Promise.resolve(clientApi);
}
