/** A program's own listener, kept from ending what it listens to. */

/**
 * A listener that does not throw. The protocol goes on whatever a program makes of an event: an
 * error of its listener, or the rejection of its promise, is written to standard error once for
 * each listener, and what follows is dropped.
 */
export function guarded<Event>(
  listener: ((event: Event) => void) | undefined,
): ((event: Event) => void) | undefined {
  if (listener === undefined) return undefined;
  let isTold = false;
  const tell = (error: unknown) => {
    if (isTold) return;
    isTold = true;
    // Nobody else hears of it, and silence would hide it.
    console.error("rserpool: an onEvent has thrown, which is told once; all goes on:", error);
  };
  return (event) => {
    try {
      const result: unknown = listener(event);
      if (result instanceof Promise) result.catch(tell);
    } catch (error) {
      tell(error);
    }
  };
}

/** Settings whose listener does not throw. */
export function withGuardedEvents<
  // deno-lint-ignore no-explicit-any -- the listener's events are the settings' own matter
  Settings extends { readonly onEvent?: ((event: any) => void) | undefined },
>(settings: Settings): Settings {
  const { onEvent } = settings;
  return onEvent === undefined ? settings : { ...settings, onEvent: guarded(onEvent) };
}
