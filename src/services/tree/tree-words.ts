/** What goes to the process that watches a tree (tree-program.ts), and comes back. */
import type { TreeNews, TreeToWatch } from "../../controller/ports/scan-tree.ts";

export type ToTree = { readonly watch: TreeToWatch } | { readonly stop: true };
export type FromTree =
  | { readonly news: readonly TreeNews[] }
  /** The file system has answered since the last word, or nothing was asked of it. */
  | { readonly beat: true }
  /** It cannot do what it was asked for. */
  | { readonly refused: string };
