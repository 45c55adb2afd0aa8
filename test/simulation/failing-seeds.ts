/** Worlds that once showed something wrong, in the scheduler or in its checker. They stay. */
export const failingSeeds: Readonly<Record<string, number>> = {
  "a lone liar's job fails by its budget": 25,
  "a lie about a source that cannot be done": 148,
  "a clock that jumps over every lease": 255,
  "a poisoned job behind a healed farm": 28,
  "a retried job begins with new budgets": 5014,
  "audio that failed before its job was made whole": 10061,
  "the master's full disk is blamed on a worker": 10117,
  "a lease that ends while a failed task waits": 10315,
  "a farm whose only worker freezes while the master restarts": 20192,
  "a suspension that ends while the worker is away": 30096,
};
