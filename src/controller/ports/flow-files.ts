/** The files in which a site keeps which flows it has deployed, each under the name that it gave the flow. */

export interface FlowFile {
  /** As the flow was deployed: the file's name, without `.json`. */
  readonly name: string;
  readonly path: string;
  /** The flow's id, a UUID. */
  readonly id: string;
}

export interface FlowFiles {
  /**
   * What the file of this name says; undefined: there is no such file.
   * @throws ActionError for a file that cannot be read, or is none of a flow
   */
  read(name: string): Promise<FlowFile | undefined>;
  /** The names of all, for sentences. */
  names(): Promise<readonly string[]>;
  /** Where a file of this name lies, or would. */
  pathOf(name: string): string;
}
