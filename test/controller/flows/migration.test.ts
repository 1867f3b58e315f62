import { expect, test } from "vitest";
import { migrateDefinition } from "../../../src/controller/flows/migration.ts";
import { definitionOf, TEMPLATE_NAMES } from "../../support/flow-templates.ts";
import { PAL_FLOW } from "../../support/pal-flow.ts";

const flow = (States: object): Parameters<typeof migrateDefinition>[0] => ({ StartAt: Object.keys(States)[0], States });

test("weakness 26: PAL-XFEL's definition is in the present generation afterwards, with a sentence for each change", () => {
  const { definition, rewritten } = migrateDefinition(PAL_FLOW);
  expect(definition).toMatchObject({
    StartAt: "TransferData",
    States: {
      TransferData: {
        ActionUrl: "https://transfer.actions.globus.org/transfer",
        Parameters: {
          "source_endpoint.$": "$.input.source.id",
          "destination_endpoint.$": "$.input.destination.id",
          DATA: [{ "source_path.$": "$.input.source.path", "recursive.$": "$.input.recursive_tx" }],
          label: "PAL-XFEL Data Transfer",
          sync_level: 3,
        },
        ResultPath: "$.TransferResult",
        End: true,
      },
    },
  });
  expect(JSON.stringify(definition)).not.toMatch(/endpoint_id|transfer_items|automate/);
  expect(rewritten).toEqual([
    'The state "TransferData" uses https://transfer.actions.globus.org/transfer: https://actions.automate.globus.org/transfer/transfer is out of service.',
    'The state "TransferData" says source_endpoint for source_endpoint_id, destination_endpoint for destination_endpoint_id and DATA for transfer_items, as the present action has them.',
    'The state "TransferData" says sync_level 3 for "checksum", as Transfer counts them.',
  ]);
});

test("weakness 19: a wait of 300 s is told, and a failure that a run would not show", () => {
  const { advice } = migrateDefinition(PAL_FLOW);
  expect(advice).toEqual([
    expect.stringMatching(/^The state "TransferData" gives its action up after 300 s \(WaitTime\).*172800 or more\.$/),
    expect.stringMatching(/^The state "TransferData" does not say "ExceptionOnActionFailure": true/),
  ]);
  const { WaitTime: _, ...silent } = PAL_FLOW.States.TransferData;
  expect(migrateDefinition(flow({ A: silent })).advice[0]).toContain("after 300 s");
});

test.each([...TEMPLATE_NAMES, "beamline"])(
  "in the template %s there is nothing to change and nothing to say",
  (name) => {
    const definition = definitionOf(name);
    expect(migrateDefinition({ ...definition })).toEqual({ definition, rewritten: [], advice: [] });
  },
);

test("a deletion's paths become objects, its scope goes, a permission has another name", () => {
  const { definition, rewritten } = migrateDefinition(
    flow({
      Delete: {
        Type: "Action",
        ActionUrl: "https://actions.globus.org/transfer/delete",
        ActionScope: "https://auth.globus.org/scopes/x/transfer_delete",
        Parameters: { "endpoint_id.$": "$.id", items: ["/~/a"], recursive: true },
        Next: "Share",
      },
      Share: {
        Type: "Action",
        Handler: { Type: "ActionProvider", Url: "https://actions.globus.org/transfer/set_permission" },
        End: true,
      },
    }),
  );
  expect(definition["States"]).toEqual({
    Delete: {
      Type: "Action",
      ActionUrl: "https://transfer.actions.globus.org/delete",
      Parameters: { "endpoint.$": "$.id", DATA: [{ path: "/~/a" }], recursive: true },
      Next: "Share",
    },
    Share: {
      Type: "Action",
      Handler: { Type: "ActionProvider", Url: "https://transfer.actions.globus.org/manage_permission" },
      End: true,
    },
  });
  expect(rewritten[0]).toContain("without its ActionScope");
});

test("other actions, and spellings that are not known, stay as they are", () => {
  const States = {
    Hello: {
      Type: "Action",
      ActionUrl: "https://actions.globus.org/hello_world",
      ResultPath: "$.x",
      ExceptionOnActionFailure: true,
      Next: "New",
    },
    New: { Type: "Else", Handler: "urn:globus:flows:handle:globus:groups.get", Next: "Hello" },
  };
  expect(migrateDefinition(flow(States))).toEqual({ definition: flow(States), rewritten: [], advice: [] });
});

test("a deletion straight after a transfer is told, and a result that takes the place of everything", () => {
  const { advice } = migrateDefinition(
    flow({
      Transfer: {
        ...PAL_FLOW.States.TransferData,
        ResultPath: undefined,
        End: undefined,
        WaitTime: 172800,
        ExceptionOnActionFailure: true,
        Next: "Delete",
      },
      Delete: {
        Type: "Action",
        ActionUrl: "https://transfer.actions.globus.org/delete",
        WaitTime: 172800,
        ExceptionOnActionFailure: true,
        End: true,
      },
    }),
  );
  expect(advice).toEqual([
    expect.stringContaining('"Transfer" has no ResultPath'),
    expect.stringContaining('"Delete" deletes straight after "Transfer"'),
  ]);
});
