/** The one def of a file of Python, read without Python. */
import { describe, expect, it } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { pythonFunction } from "../../../src/controller/compute/python-source.ts";

const read = (text: string, name = "recon") => pythonFunction(text, name, "a.py");

function refusal(text: string, name = "recon"): string {
  try {
    read(text, name);
  } catch (thrown) {
    if (thrown instanceof ActionError) return thrown.message;
    throw thrown;
  }
  throw new Error("it was taken");
}

const RECON = `def recon(path, angle=0):
    """A text with
def in_it(): and no end of the function"""
    # a comment at the margin of nothing

    rows = [
1, 2,
    ]
    if path == 'def recon(':
        return rows
    return {"a": "#"}
`;

describe("a function", () => {
  it("is its def with all its lines, wherever it stands in the file", () => {
    for (const file of [
      RECON,
      `\uFEFFimport os\n\n${RECON}`,
      `${RECON}\n\n# behind it\ndef other():\n    pass\n`,
      `x = 1\n${RECON}if __name__ == "__main__":\n    recon("a")\n`,
      `class A:\n    def recon(self):\n        pass\n\n${RECON}`,
    ])
      expect(read(file).source).toBe(RECON);
  });

  it("of a file of Windows has the ends of lines that Python writes", () => {
    expect(read(RECON.replaceAll("\n", "\r\n")).source).toBe(RECON);
  });

  it("may have its parameters on several lines, one line alone, and a name that is no ASCII", () => {
    expect(read("def recon(\n    a,\n    b,\n):\n    return a\nx = 1\n").source).toBe(
      "def recon(\n    a,\n    b,\n):\n    return a\n",
    );
    expect(read("def recon(x): return x\n\n\n").source).toBe("def recon(x): return x\n");
    expect(read("def 재구성(x):\n    return x\n", "재구성").source).toContain("재구성");
  });
});

describe("what cannot go is refused in a sentence", () => {
  it.each([
    [
      "no such def",
      "def other(x):\n    pass\ndef more(): pass\n",
      "There is no def recon in a.py, which has other and more.",
    ],
    ["an empty file", "", "There is no def recon in a.py."],
    ["only in a text", '"""\ndef recon(x):\n    pass\n"""\n', "There is no def recon in a.py."],
    [
      "a method",
      "class A:\n    def recon(self):\n        pass\n",
      "recon stands indented in a.py, in a class or another function",
    ],
    ["async", "async def recon(x):\n    pass\n", "recon in line 1 of a.py is an async def"],
    ["a decorator", "@python_app\ndef recon(x):\n    pass\n", "recon in a.py has the decorator @python_app"],
    ["several", `${RECON}\n${RECON}`, "a.py defines recon 2 times (lines 1 and 13): leave one."],
  ])("%s", (_, text, sentence) => {
    expect(refusal(text)).toContain(sentence);
  });

  it("a name that is none", () => {
    expect(refusal("def recon(): pass\n", "recon.*")).toBe('"recon.*" is no name of a function of Python.');
  });
});

describe("names of the file that the endpoint does not have", () => {
  it("are told: imports, functions and values at its margin", () => {
    const text = `import numpy as np
import os.path, sys
from tomopy import (recon as tomo, angles)
DARK = 3

def helper(x):
    return x

def recon(path):
    return tomo(np.zeros(DARK), helper(os.getcwd()))
`;
    expect(read(text).outside).toEqual(["DARK", "helper", "np", "os", "tomo"]);
  });

  it("are none where the function has them itself, or where they are attributes and words in texts", () => {
    const text = `import numpy as np
import os
from a import dark, flat
scale = 1

def recon(path, flat):
    import numpy as np
    from os import path as p
    scale = 2
    for dark in range(3):
        pass
    return np.mean(flat) + self.os + len("os") + scale
`;
    expect(read(text).outside).toEqual([]);
  });
});
