import { expect, test } from "vitest";
import { commandsPage, pvsPage, recordsPage, settingsPage } from "./support/manual.ts";

test.each([
  ["pvs", pvsPage],
  ["settings", settingsPage],
  ["commands", commandsPage],
  ["records", recordsPage],
])("docs/%s.md says what the table says (npm run docs writes it)", async (name, page) => {
  await expect(page()).toMatchFileSnapshot(`../docs/${name}.md`);
});
