/** The pace of a load: how often users ask is what a test is about, and nothing waits for it. */

/**
 * Acts again and again, with this time from begin to begin, and never twice at once.
 *
 * @returns how to end it; resolved when the last act has ended.
 */
export function paced(cycleMs: number, act: () => Promise<void>): () => Promise<void> {
  let acting = Promise.resolve();
  const clock = setInterval(() => {
    acting = acting.then(act);
  }, cycleMs);
  return () => {
    clearInterval(clock);
    return acting;
  };
}
