/** Types of prepare.mjs for the tests. */
interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly optional?: boolean }>>;
}
export function nodeProblem(version: string): string | undefined;
export function isInstalled(lock: Lock, installed: Lock | undefined): boolean;
export function isBuilt(): boolean;
