/**
 * Stands for the pool user's subscriptions in the quick program, where nobody can watch a pool:
 * `resolve --watch` takes the whole program.
 */

/** Nothing that is watched. */
export class Subscriptions {
  readonly asks = { next: nothing, takeDue: nothing };
  readonly idle = new Set<never>();
  readonly size = 0;
  readonly about = nothing;
  readonly of = nothing;

  [Symbol.iterator](): IterableIterator<never> {
    return this.idle.values();
  }
}

function nothing(): undefined {}

export {
  nothing as askFor,
  nothing as endSubscriptions,
  nothing as onPoolRefused,
  nothing as onPoolTold,
  nothing as onSubscribeDeadline,
  nothing as reopen,
  nothing as resume,
  nothing as subscribe,
  nothing as unsubscribe,
};
