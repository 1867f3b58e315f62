/** The expressions of flows, as Python gives their values. */
import { describe, expect, test } from "vitest";
import { evaluate } from "../../../../src/sandbox/globus/flows/expression.ts";
import { FlowError } from "../../../../src/sandbox/globus/flows/flow-error.ts";

const DATA = {
  source: { id: "c1", path: "/data/2026-03/scan.h5" },
  files: [
    { name: "a", type: "file", size: 3 },
    { name: "b", type: "dir", size: 0 },
  ],
  count: 7,
  empty: "",
  none: null,
  _context: { user_id: "urn:globus:auth:identity:42", email: null, username: "curie" },
};

describe("an expression", () => {
  test.each<readonly [string, unknown]>([
    ["1 + 2 * 3 - 4 / 2", 5],
    ["-7 // 2", -4],
    ["-7 % 3", 2],
    ["2 ** 3 ** 2", 512],
    ["-2 ** 2", -4],
    ["(1 + 2) * 3", 9],
    ["'a' + \"b\" * 2", "abb"],
    ["'it\\'s'", "it's"],
    ["[1, 2] + [3]", [1, 2, 3]],
    ["count > 5 and count <= 7", true],
    ["1 < count < 5", false],
    ["not count == 7", false],
    ["empty or 'default'", "default"],
    ["none is None", true],
    ["none is not None or count != 7", false],
    ["'scan' in source.path", true],
    ["'code' not in source", true],
    ["'big' if count > 5 else 'small'", "big"],
    ["source.path.rpartition('/')[2]", "scan.h5"],
    ["source.path.rstrip('5h.')", "/data/2026-03/scan"],
    ["source.path.rsplit('/', 1)[0] + '/'", "/data/2026-03/"],
    ["source['path'].split('/')[-1]", "scan.h5"],
    ["'/'.join(source.path.split('/')[1:3])", "data/2026-03"],
    ["'a--b'.partition('--')", ["a", "--", "b"]],
    ["'a.b'.replace('.', '$&')", "a$&b"],
    ["pathsplit('/foo/bar/blech')", ["/foo/bar", "blech"]],
    ["pathsplit('/~/path')", ["/~/", "path"]],
    ["getattr('missing', 10)", 10],
    ["getattr('source.id')", "c1"],
    ["getattr('missing')", null],
    ["is_present('source.path') and not is_present('source.size')", true],
    ["str(len(`$.files`)) + ' files'", "2 files"],
    [
      "(`$._context.email` or `$._context.username`) + ' (' + `$._context.user_id` + ')'",
      "curie (urn:globus:auth:identity:42)",
    ],
    [
      "[{'path': source.path.rstrip('/') + '/' + item.name} for item in files]",
      [{ path: "/data/2026-03/scan.h5/a" }, { path: "/data/2026-03/scan.h5/b" }],
    ],
    ["([f.name for f in files if f.type == 'dir'] or [''])[0]", "b"],
    ["[f.name + w for f in files for w in ['1', '2']]", ["a1", "a2", "b1", "b2"]],
    ["sum([f.size for f in files]) + min(4, count) + max([1, 2])", 9],
    ["int('12') + float('0.5')", 12.5],
    ["source.get('size', 0)", 0],
    ["round(2.345, 1)", 2.3],
    ["str(True) + str(None)", "TrueNone"],
  ])("%s", (expression, value) => {
    expect(evaluate(expression, DATA)).toEqual(value);
  });

  test.each([
    ["missing", "States.Runtime", "no missing"],
    ["source.size", "States.Runtime", "'size'"],
    ["1 / 0", "States.Runtime", "division by zero"],
    ["'a' + 1", "States.Runtime", "'a' + 1"],
    ["`$.nowhere`", "States.Runtime", "$.nowhere"],
    ["lambda x: x", "Sandbox.NotSimulated", "lambda"],
    ["open('/etc/passwd')", "Sandbox.NotSimulated", "the function open"],
    ["source.path.encode()", "Sandbox.NotSimulated", "the method encode"],
    ["source.__class__", "States.Runtime", "__class__"],
    ["count @ 2", "Sandbox.NotSimulated", "@ 2"],
    ["1 +", "Sandbox.NotSimulated", "the end"],
    ["constructor", "States.Runtime", "no constructor"],
  ])("%s fails and names what failed", (expression, error, says) => {
    const failed = (() => {
      try {
        return evaluate(expression, DATA);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(failed).toBeInstanceOf(FlowError);
    expect(failed).toMatchObject({ error, message: expect.stringContaining(says) as unknown });
  });
});
