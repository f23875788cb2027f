/** Asking a registrar on its ENRP port, without being a peer (identifier 0). */

import type { AskOptions, Observer } from "./api.ts";
import type { Context } from "./command.ts";
import type { SharedValues } from "./options.ts";
import { enrpAddresses, firstAnswer } from "./registrars.ts";

/** The first answer of the registrars that the options name. */
export async function askObserver<T>(
  context: Context,
  options: SharedValues,
  question: (observer: Observer, how: AskOptions) => Promise<T>,
): Promise<T> {
  const addresses = enrpAddresses(options);
  const api = await context.api();
  return await firstAnswer(
    context,
    addresses,
    options.timeout,
    async (address, timeoutMs, signal) => {
      const observer = new api.Observer({ registrars: [address] });
      try {
        return await question(observer, { timeoutMs, signal });
      } finally {
        await observer.close();
      }
    },
  );
}
