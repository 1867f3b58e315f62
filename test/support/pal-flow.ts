/** A definition and a schema of the shape that PAL-XFEL's sample has, with the older action and its parameters. */
const side = {
  type: "object",
  required: ["id", "path"],
  properties: { id: { type: "string", format: "uuid" }, path: { type: "string" } },
};

export const PAL_FLOW = {
  Comment: "Sends raw data",
  StartAt: "TransferData",
  States: {
    TransferData: {
      Type: "Action",
      ActionUrl: "https://actions.automate.globus.org/transfer/transfer",
      Parameters: {
        "source_endpoint_id.$": "$.input.source.id",
        "destination_endpoint_id.$": "$.input.destination.id",
        transfer_items: [
          {
            "source_path.$": "$.input.source.path",
            "destination_path.$": "$.input.destination.path",
            "recursive.$": "$.input.recursive_tx",
          },
        ],
        label: "PAL-XFEL Data Transfer",
        sync_level: "checksum",
      },
      ResultPath: "$.TransferResult",
      WaitTime: 300,
      End: true,
    },
  },
};

export const PAL_SCHEMA = {
  type: "object",
  required: ["input"],
  properties: {
    input: {
      type: "object",
      required: ["source", "destination"],
      properties: { source: side, destination: side, recursive_tx: { type: "boolean", default: true } },
    },
  },
};
