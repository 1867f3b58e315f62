/** The commands that are under way, kept so that the next start can tell what a crash interrupted. */

/**
 * A command that has begun and not ended. `at`: its last sign of life, ISO 8601. `said`: its last sentence. `ended`:
 * how the IOC's stop in order cut it short.
 */
type Begun = { readonly command: string; readonly at: string; readonly server: string };
export type BegunCommand = Begun & { readonly experiment?: string; readonly said?: string; readonly ended?: string };

/** The durable memory of what an IOC has under way. */
export interface UnderWay {
  /** What the last process left, or a sentence on why that is not known. Asked once, at the start. */
  left(): { readonly commands: readonly BegunCommand[]; readonly problem?: string };
  /** Replaces the memory, which is on disk when the promise resolves. @throws ActionError naming the file */
  keep(commands: readonly BegunCommand[]): Promise<void>;
}
