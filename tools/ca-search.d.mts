/** Types of ca-search.mjs for the tests. */
export function searchUntilAnswered(name: string, port: number, answered: () => void): () => void;
