/** What globusShow prints of a globus.conf. */
import { expect, test } from "vitest";
import { globusReport } from "../../src/assemble/report.ts";
import { parseSource } from "../../src/config/config.ts";

const report = (text: string, level: number): readonly string[] => {
  const config = parseSource(text, { file: "globus.conf", home: "/home/user" });
  return globusReport(
    { file: "/ioc/globus.conf", config, prefix: "99id:Globus:", isStarted: true, zone: "America/Chicago (-06:00)" },
    level,
  );
};

test("globusShow names the file, the zone of its times, the prefixes, the servers and what is missing", () => {
  const lines = report("[epics]\nioc-prefix = 99id:\n", 0);
  expect(lines.slice(0, 5)).toEqual([
    "Settings: /ioc/globus.conf",
    "Data management: started by iocInit",
    "Time zone: America/Chicago (-06:00)",
    "PVs: 99id:Globus:*",
    "TomoScan: 99id:TomoScan:",
  ]);
  expect(lines).toContainEqual(expect.stringMatching(/^Servers: \w+ \((?:dm|globus)\)/));
  expect(lines).toContainEqual(expect.stringMatching(/^Missing: \[globus\] experiment-type/));
});

test("level 1 adds what the file sets, level 2 the defaults", () => {
  const text = "[epics]\nioc-prefix = 99id:\n";
  expect(report(text, 0).filter((line) => line.startsWith("["))).toEqual([]);
  expect(report(text, 1).filter((line) => line.startsWith("["))).toEqual(["[epics] ioc-prefix = 99id:  (file)"]);
  expect(report(text, 2)).toContain("[epics] globus-prefix = Globus:  (default)");
});

test("without TomoScan's prefix it says so", () => {
  expect(report("", 0)).toContain("TomoScan: nowhere: ioc-prefix is not set");
});
