/** Types of bundle-page.mjs for the tests. */
export function bundlePage(folder: string): Promise<void>;
