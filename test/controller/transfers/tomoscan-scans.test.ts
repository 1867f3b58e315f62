import { describe, expect, test } from "vitest";
import { EPOCH, FILE, NEXT, OLD, OTHER_HDF, play, playFromStart } from "./tomoscan-fixture.ts";

const CUT_OFF = "TomoScan's IOC went away while it ran, and the file plugin captured 6 of 10 images";

test("a scan is told of with the file that FullFileName names behind StartScan 0", () => {
  const { told, phases, ends } = play((scene, at) => {
    at(1, () => scene.begin());
    at(9, () => scene.end());
    at(9.5, () => scene.tomoScan({ FullFileName: FILE }));
  });
  expect(told).toEqual([`${FILE} at 9.5`]);
  expect(phases).toEqual(["scanning", "closing", "idle"]);
  expect(ends).toEqual([{ file: FILE, isAborted: false, isObserved: true, at: EPOCH + 9000 }]);
});

test.each([
  ["the names of states", "Acquire", "Done"],
  ["the site's names of states", "Scanning", "Idle"],
  ["numbers", "1", "0"],
])("StartScan is understood by %s", (_which, started, done) => {
  const { told, phases } = playFromStart((scene, at) => {
    scene.tomoScanComes({ StartScan: done });
    scene.pluginComes();
    at(1, () => scene.begin());
    at(2, () => scene.tomoScan({ StartScan: started }));
    at(3, () => scene.tomoScan({ ScanStatus: "Scan complete", StartScan: done, FullFileName: FILE }));
  });
  expect(told).toEqual([`perhaps ${OLD}`, FILE]);
  expect(phases).toEqual(["disconnected", "idle", "scanning", "closing", "idle"]);
});

describe("at the start", () => {
  test("the last file is told, for the scan may have ended while the program was down", () => {
    const { told, phases } = playFromStart((scene) => {
      scene.tomoScanComes({ FullFileName: FILE });
      scene.pluginComes({ FullFileName_RBV: FILE });
    });
    expect(told).toEqual([`perhaps ${FILE}`]);
    expect(phases).toEqual(["disconnected", "idle"]);
  });

  test("the last file waits for the file plugin, which knows whether it is whole", () => {
    const { told } = playFromStart((scene, at) => {
      scene.tomoScanComes({ FullFileName: FILE });
      at(2, () => scene.pluginComes({ FullFileName_RBV: FILE, NumCaptured_RBV: "3" }));
    });
    expect(told).toEqual([`perhaps ${FILE} (the file plugin captured 3 of 10 images)`]);
  });

  test("the last file waits for the file plugin 5 s", () => {
    const { told, ends } = playFromStart((scene) => scene.tomoScanComes({ FullFileName: FILE }));
    expect([told, ends[0]?.at]).toEqual([[`perhaps ${FILE}`], Date.UTC(2026, 2, 1, 12, 0, 5)]);
  });

  test("the counts of the file plugin say nothing of another file, or of one that a scan writes now", () => {
    const plugin = { FullFileName_RBV: NEXT, NumCaptured_RBV: "3" };
    const other = playFromStart((scene) => {
      scene.tomoScanComes({ FullFileName: FILE });
      scene.pluginComes(plugin);
    });
    const running = playFromStart((scene) => {
      scene.tomoScanComes({ FullFileName: NEXT, StartScan: "1" });
      scene.pluginComes(plugin);
    });
    expect([other.told, running.told]).toEqual([[`perhaps ${FILE}`], [`perhaps ${NEXT}`]]);
  });

  test.each(["", "Unknown"])("FullFileName %j is no news", (text) => {
    const { told } = playFromStart((scene) => {
      scene.tomoScanComes({ FullFileName: text });
      scene.pluginComes({ FullFileName_RBV: "" });
    });
    expect(told).toEqual([]);
  });

  test("a scan that runs is told when it ends, and AbortScan of before says nothing", () => {
    const { told, phases } = playFromStart((scene, at) => {
      scene.tomoScanComes({ StartScan: "1", AbortScan: "1", ScanStatus: "Collecting projections" });
      scene.pluginComes({ FullFileName_RBV: FILE, NumCaptured_RBV: "3" });
      at(7, () => scene.plugin({ NumCaptured_RBV: "10" }));
      at(8, () => scene.end());
      at(9, () => scene.tomoScan({ FullFileName: FILE }));
    });
    expect(told).toEqual([`perhaps ${OLD}`, `${FILE} at 9`]);
    expect(phases).toEqual(["disconnected", "scanning", "closing", "idle"]);
  });

  test("a scan that ends as it is looked at is told once, as observed", () => {
    const { told } = playFromStart((scene, at) => {
      scene.tomoScanComes();
      at(1, () => scene.pluginComes({ FullFileName_RBV: FILE }));
      at(0.5, () => scene.tomoScan({ FullFileName: FILE }));
    });
    expect(told).toEqual([FILE, `perhaps ${OLD}`]);
  });

  test("a FullFileName that is not connected is named", () => {
    const { told } = playFromStart((scene) => scene.tomoScan({ StartScan: "0" }));
    expect(told).toEqual(["MAJOR: 2bmb:TomoScan:FullFileName is not connected: no scan's file can be known."]);
  });
});

describe("a scan counts as aborted", () => {
  test("when AbortScan was set while it ran", () => {
    const { told } = play((scene, at) => {
      at(1, () => scene.begin());
      at(2, () => scene.tomoScan({ AbortScan: "1" }));
      at(2, () => scene.tomoScan({ AbortScan: "0" })); // MEDM's button is released
      at(3, () => scene.end());
      at(3, () => scene.tomoScan({ FullFileName: FILE }));
    });
    expect(told).toEqual([`${FILE} (AbortScan was set while it ran)`]);
  });

  test("but not for an AbortScan that an earlier scan has left behind", () => {
    const { told } = play((scene, at) => {
      at(1, () => scene.tomoScan({ AbortScan: "1" }));
      at(2, () => scene.scan());
    });
    expect(told).toEqual([FILE]);
  });

  test("when the file plugin could not write", () => {
    const { told } = play((scene, at) => {
      at(1, () => scene.begin());
      at(2, () => scene.plugin({ WriteStatus: "1" }));
      at(3, () => scene.end());
      at(3, () => scene.tomoScan({ FullFileName: FILE }));
    });
    expect(told).toEqual([`${FILE} (the file plugin's WriteStatus was an error while it ran)`]);
  });

  test("when the file plugin captured too few images", () => {
    const { told } = play((scene, at) => at(1, () => scene.scan(FILE, "9")));
    expect(told).toEqual([`${FILE} (the file plugin captured 9 of 10 images)`]);
  });

  test("by ImagesSaved where the file plugin is not known, which lags behind at the end of a good scan", () => {
    const saved = (...texts: readonly string[]) =>
      playFromStart((scene, at) => {
        scene.tomoScanComes({ FilePluginPVPrefix: "Unknown" });
        at(6, () => scene.tomoScan({ StartScan: "1" }));
        for (const text of texts) at(7, () => scene.tomoScan({ ImagesSaved: text }));
        at(8, () => scene.tomoScan({ StartScan: "0", FullFileName: FILE }));
      }).told.slice(1);
    expect(saved("10/100", "50/100", "90/100")).toEqual([FILE]);
    expect(saved("10/100", "20/100")).toEqual([`${FILE} (ImagesSaved ended at 20/100)`]);
  });

  test("when its last ScanStatus is none of an end: TomoScan's server was killed and started again", () => {
    const { told } = play((scene, at) => {
      at(1, () => scene.begin());
      at(4, () => scene.tomoScan({ AbortScan: "0", StartScan: "0" }));
    });
    expect(told).toEqual([
      `${FILE} (its ScanStatus was "Collecting projections" at its end, not "Scan complete") at 9`,
    ]);
  });

  test("but not for what ScanStatus says behind the end, as where the copy begins behind it", () => {
    const { told } = play((scene, at) => {
      at(1, () => scene.begin());
      at(2, () => scene.end());
      at(2, () => scene.tomoScan({ ScanStatus: "scp file transfer complete" }));
      at(3, () => scene.tomoScan({ FullFileName: FILE }));
    });
    expect(told).toEqual([`${FILE} at 3`]);
  });
});

describe("a scan without a FullFileName", () => {
  test("has the file of the file plugin, 5 s behind its end", () => {
    const { told, phases } = play((scene, at) => {
      at(1, () => scene.begin());
      at(2, () => scene.end());
    });
    expect(told).toEqual([`${FILE} at 7`]);
    expect(phases).toEqual(["scanning", "closing", "idle"]);
  });

  test("is told once when FullFileName comes late", () => {
    const { told } = play((scene, at) => {
      at(1, () => scene.begin());
      at(2, () => scene.end());
      at(8, () => scene.tomoScan({ FullFileName: FILE }));
    });
    expect(told).toEqual([`${FILE} at 7`]);
  });

  test("and without a file plugin is said to have no file", () => {
    const { told } = play((scene, at) => {
      at(1, () => scene.pluginGoes());
      at(2, () => scene.tomoScan({ StartScan: "1" }));
      at(3, () => scene.end());
    });
    expect(told).toEqual([
      "MAJOR: A scan has ended, and 2bmb:TomoScan:FullFileName and the file plugin's FullFileName_RBV name no file of it: see whether it wrote one.",
    ]);
  });

  test("that TomoScan refuses for its path wrote no file", () => {
    const { told, phases } = play((scene, at) => {
      at(1, () => scene.tomoScan({ StartScan: "1", ScanStatus: "Abort: Bad File Path" }));
      at(1, () => scene.tomoScan({ StartScan: "0" }));
    });
    expect(told).toEqual(['MAJOR: 2bmb:TomoScan:ScanStatus is "Abort: Bad File Path": that scan wrote no file.']);
    expect(phases.at(-1)).toBe("idle");
  });

  test("that captured nothing names the former file, which is told as not observed and not aborted", () => {
    const { told } = play((scene, at) => {
      at(1, () => scene.tomoScan({ StartScan: "1", ScanStatus: "Beginning scan" }));
      at(2, () => scene.tomoScan({ AbortScan: "1" }));
      at(3, () => scene.end());
      at(3, () => scene.tomoScan({ FullFileName: OLD }));
    });
    expect(told).toEqual([
      `MINOR: A scan wrote no file (AbortScan was set while it ran): the last is still ${OLD}.`,
      `perhaps ${OLD}`,
    ]);
  });
});

test("a scan that writes the same file again is told again", () => {
  const { told } = play((scene, at) => {
    at(1, () => scene.scan());
    at(2, () => scene.scan());
  });
  expect(told).toEqual([FILE, FILE]);
});

test("a FullFileName that is written twice tells of one scan", () => {
  const { told } = play((scene, at) => {
    at(1, () => scene.scan());
    at(1.1, () => scene.tomoScan({ FullFileName: FILE }));
  });
  expect(told).toEqual([FILE]);
});

test("two scans within a second are both told, also where the second begins before the first has its name", () => {
  const { told, phases } = play((scene, at) => {
    at(1, () => scene.begin());
    at(1.2, () => scene.end());
    at(1.3, () => scene.begin(NEXT));
    at(1.4, () => scene.tomoScan({ FullFileName: FILE }));
    at(1.6, () => scene.end());
    at(1.7, () => scene.tomoScan({ FullFileName: NEXT }));
  });
  expect(told).toEqual([`${FILE} at 1.4`, `${NEXT} at 1.7`]);
  expect(phases).toEqual(["scanning", "closing", "scanning", "closing", "idle"]);
});

test("a scan without a name is not given the file of the next scan", () => {
  const { told } = play((scene, at) => {
    at(1, () => scene.begin());
    at(1.2, () => scene.end());
    at(1.3, () => scene.begin(NEXT));
    at(9, () => scene.end());
    at(9, () => scene.tomoScan({ FullFileName: NEXT }));
  });
  expect(told).toEqual([`${FILE} at 6.2`, NEXT]);
});

describe("when the camera is switched", () => {
  test("the file plugin at the new prefix is asked", () => {
    const { told } = play((scene, at) => {
      at(1, () => scene.switchCamera(OTHER_HDF));
      at(1, () => scene.pluginComes());
      at(2, () => scene.begin(FILE, "9"));
      at(3, () => scene.end());
    });
    expect(told).toEqual([`${FILE} (the file plugin captured 9 of 10 images) at 8`]);
  });

  test("a scan that has ended keeps what the former plugin said of it", () => {
    const { told } = play((scene, at) => {
      at(1, () => scene.begin(FILE, "9"));
      at(2, () => scene.end());
      at(3, () => scene.switchCamera(OTHER_HDF));
      at(3, () => scene.pluginComes({ FullFileName_RBV: "/data/other.h5" }));
    });
    expect(told).toEqual([`${FILE} (the file plugin captured 9 of 10 images) at 7`]);
  });

  test("to what is no prefix, that is said", () => {
    const { told } = play((scene, at) => at(1, () => scene.switchCamera("2bmb SP1")));
    expect(told).toEqual(['MINOR: 2bmb:TomoScan:FilePluginPVPrefix is "2bmb SP1", which no PV\'s name begins with.']);
  });
});

describe("when TomoScan goes away", () => {
  test("at rest, the last file is told again when it is back, as not observed", () => {
    const { told, phases, messages } = play((scene, at) => {
      at(1, () => scene.tomoScanGoes());
      at(5, () => scene.tomoScanComes({ FullFileName: NEXT }));
    });
    expect(told).toEqual([`perhaps ${NEXT}`]);
    expect(phases).toEqual(["disconnected", "idle"]);
    expect(messages[0]).toBe("2bmb:TomoScan:StartScan is not connected: no scan is seen until TomoScan's IOC answers.");
  });

  test("in mid-scan because its IOC restarts, the file that the plugin wrote counts as aborted", () => {
    const { told, phases } = play((scene, at) => {
      at(1, () => scene.begin(FILE, "6"));
      at(2, () => scene.tomoScanGoes());
      at(5, () => scene.tomoScanComes({ ScanStatus: "", ImagesSaved: "", FullFileName: OLD }));
    });
    expect(told).toEqual([`perhaps ${FILE} (${CUT_OFF})`]);
    expect(phases).toEqual(["scanning", "disconnected", "idle"]);
  });

  test("in mid-scan because its IOC restarts, and the plugin has all images, the file counts as whole", () => {
    const { told } = play((scene, at) => {
      at(1, () => scene.begin());
      at(2, () => scene.tomoScanGoes());
      at(5, () => scene.tomoScanComes({ ScanStatus: "", FullFileName: OLD }));
    });
    expect(told).toEqual([`perhaps ${FILE}`]);
  });

  test("in mid-scan because its IOC restarts, the file plugin is waited for", () => {
    const { told } = play((scene, at) => {
      at(1, () => scene.begin(FILE, "6"));
      at(2, () => scene.tomoScanGoes());
      at(5, () => scene.plugin({ FullFileName_RBV: "" })); // it restarts too
      at(5, () => scene.tomoScanComes({ ScanStatus: "", FullFileName: "" }));
      at(6, () => scene.plugin({ FullFileName_RBV: FILE }));
    });
    expect(told).toEqual([`perhaps ${FILE} (${CUT_OFF})`]);
  });

  test("in mid-scan, and its server goes on, the scan is told again as whole when it ends", () => {
    const { told } = play((scene, at) => {
      at(1, () => scene.begin(FILE, "6"));
      at(2, () => scene.tomoScanGoes());
      at(5, () => scene.tomoScanComes({ ScanStatus: "", FullFileName: OLD }));
      at(9, () => scene.plugin({ NumCaptured_RBV: "10" }));
      at(9, () => scene.tomoScan({ ScanStatus: "Scan complete", StartScan: "0", FullFileName: FILE }));
    });
    expect(told).toEqual([`perhaps ${FILE} (${CUT_OFF})`, FILE]);
  });

  test("in mid-scan, the scan is told when its server ends it under the name of the scan before", () => {
    const { told } = play((scene, at) => {
      at(1, () => scene.scan());
      at(2, () => scene.begin(FILE, "6"));
      at(3, () => scene.tomoScanGoes());
      at(5, () => scene.tomoScanComes({ ScanStatus: "", FullFileName: FILE }));
      at(9, () => scene.tomoScan({ FullFileName: FILE }));
    });
    const short = "the file plugin captured 6 of 10 images";
    expect(told).toEqual([FILE, `perhaps ${FILE} (${CUT_OFF})`, `${FILE} (${short})`]);
  });

  test("in mid-scan, and the scan ends meanwhile, it is told as whole", () => {
    const { told } = play((scene, at) => {
      at(1, () => scene.begin());
      at(2, () => scene.tomoScanGoes());
      at(5, () => scene.tomoScanComes({ FullFileName: FILE }));
    });
    expect(told).toEqual([`perhaps ${FILE}`]);
  });

  test("in mid-scan, and is back before it has named the file, the file of the plugin is told", () => {
    const { told } = play((scene, at) => {
      at(1, () => scene.begin());
      at(2, () => scene.tomoScanGoes());
      at(5, () => scene.tomoScanComes());
      at(6, () => scene.tomoScan({ FullFileName: FILE }));
    });
    expect(told).toEqual([`perhaps ${FILE}`, FILE]);
  });

  test("in mid-scan, and the scan still runs afterwards, it is told when it ends", () => {
    const { told } = play((scene, at) => {
      at(1, () => scene.begin());
      at(1, () => scene.tomoScan({ AbortScan: "1" }));
      at(2, () => scene.tomoScanGoes());
      at(5, () => scene.tomoScanComes({ AbortScan: "1", StartScan: "1", ScanStatus: "Collecting projections" }));
      at(6, () => scene.end());
      at(6, () => scene.tomoScan({ FullFileName: FILE }));
    });
    expect(told).toEqual([`perhaps ${OLD}`, `${FILE} (AbortScan was set while it ran)`]);
  });

  test("in mid-scan, and no file is known, that is said", () => {
    const { told } = play((scene, at) => {
      at(1, () => scene.tomoScan({ StartScan: "1" }));
      at(2, () => scene.pluginGoes());
      at(2, () => scene.tomoScanGoes());
      at(5, () => scene.tomoScanComes({ ScanStatus: "", FullFileName: "" }));
    });
    expect(told).toEqual([
      "MAJOR: No file of a scan is known: TomoScan's IOC went away while it ran. See what it wrote.",
    ]);
  });

  test("between StartScan 0 and FullFileName, the file is the one that FullFileName holds afterwards", () => {
    const { told } = play((scene, at) => {
      at(1, () => scene.begin());
      at(2, () => scene.end());
      at(2.5, () => scene.tomoScanGoes());
      at(2.5, () => scene.pluginGoes());
      at(20, () => scene.tomoScanComes({ FullFileName: FILE }));
    });
    expect(told).toEqual([`${FILE} at 20`]);
  });

  test("between StartScan 0 and FullFileName, the plugin's file is taken where FullFileName is the old one", () => {
    const { told } = play((scene, at) => {
      at(1, () => scene.begin());
      at(2, () => scene.end());
      at(2.5, () => scene.tomoScanGoes());
      at(4, () => scene.tomoScanComes({ ScanStatus: "" }));
    });
    expect(told).toEqual([`${FILE} at 9`]);
  });
});

describe("a file that cannot be one is named, and no scan is told", () => {
  test.each([
    ["", "which names no file"],
    ["Unknown", "which names no file"],
    ["scan_001.h5", "which is no absolute path"],
    ["C:\\data\\scan.h5", "which is no absolute path"],
    ["/data/", "which is a directory"],
    ["/data/../etc/passwd", 'which holds "." or ".." as a part'],
    ["/data/scan\n.h5", "which holds a control character"],
    ["/data/scan\u202e.h5", "which holds a control character"],
    [`/${"x".repeat(299)}`, "which fills its PV and may have been cut"],
  ])("%j", (text, problem) => {
    const { told, phases } = play((scene, at) => {
      at(1, () => scene.begin());
      at(2, () => scene.end());
      at(2, () => scene.tomoScan({ FullFileName: text }));
    });
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(`${problem}: that scan is not sent; see what it wrote.`);
    expect(told[0]).toMatch(/^MAJOR: 2bmb:TomoScan:FullFileName is ".*", which/);
    expect(phases.at(-1)).toBe("idle");
  });

  test("but a name that FullFileName cannot hold is taken from the file plugin", () => {
    const long = `/data/${"x".repeat(250)}/scan_001.h5`;
    const { told } = play((scene, at) => {
      at(1, () => scene.begin(long));
      at(2, () => scene.end());
      at(2, () => scene.tomoScan({ FullFileName: long.slice(0, 256) }));
    });
    expect(told).toEqual([long]);
  });
});

test.each([
  ["2", "tomo@analysis:/data/", "tomo@analysis:/data/"],
  ["scp", "tomo@analysis:/data/", "tomo@analysis:/data/"],
  ["Yes", "tomo@analysis:/data/", "tomo@analysis:/data/"],
  ["0", "tomo@analysis:/data/", undefined],
  ["None", "tomo@analysis:/data/", undefined],
  ["1", "Unknown", undefined],
])("CopyToAnalysisDir %j to %j as it was at the end", (on, dir, wanted) => {
  const { ends } = play((scene, at) => {
    at(1, () => scene.tomoScan({ CopyToAnalysisDir: on, RemoteAnalysisDir: dir }));
    at(2, () => scene.begin());
    at(3, () => scene.end());
    at(3, () => scene.tomoScan({ CopyToAnalysisDir: "0" }));
    at(4, () => scene.tomoScan({ FullFileName: FILE }));
  });
  expect(ends.map(({ copiesTo }) => copiesTo)).toEqual([wanted]);
});

test("while the trigger is off no scan is told; when it is on again, the last file is, as not observed", () => {
  const { told, phases } = play((scene, at) => {
    at(1, () => scene.isOn$.next(false));
    at(2, () => scene.scan());
    at(3, () => scene.isOn$.next(true));
  });
  expect(told).toEqual([`perhaps ${FILE}`]);
  expect(phases).toEqual(["off", "disconnected", "idle"]);
});
