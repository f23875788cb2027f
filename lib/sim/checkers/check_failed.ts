/** What a checker says when something is not as it must be. */

/** A run that is not as it must be. */
export class CheckFailed extends Error {
  override readonly name = "CheckFailed";

  constructor(
    /** Which checker found it. */
    readonly checker: string,
    finding: string,
  ) {
    super(`${checker}: ${finding}`);
  }
}
