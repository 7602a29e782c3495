// What the programs compare with, and how they end.

declare const process: { argv: string[]; exitCode?: number };

/** Fails unless both are the same as JSON. */
export function same(actual: unknown, expected: unknown): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${left} instead of ${right}`);
}

/** Runs a program with the arguments of the command line; what it throws fails the process. */
export function program(main: (args: string[]) => Promise<void>): void {
  main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
