/**
 * The routes that the simulated DM service has for operations whose real routes no public source shows: the sandbox's
 * dm-routes.json. They say nothing about a real service; a site gives its own.
 */

const ROLE = "/dm/experimentsByName/<experimentName>/userRoles/{username}/{roleName}";

/** What a client of the sandbox lays over its own table: the content of a dm-routes.json. */
export const SANDBOX_DM_ROUTES = {
  addExperiment: {
    path:
      "/dm/experiments/addExperiment?experimentName=<experimentName>&stationName={stationName}&typeName=<typeName>" +
      "&description=<description?>&rootPath=<rootPath?>&startDate={startDate?}&endDate={endDate?}",
    provenance: "sandbox",
  },
  upsertExperimentMetadata: {
    path: "/dm/experimentsByName/<experimentName>/metadata/{key}?value=<value?>",
    provenance: "sandbox",
  },
  deleteExperimentByName: { provenance: "sandbox" },
  getUsers: { path: "/dm/users", provenance: "sandbox" },
  getUserByUsername: { path: "/dm/usersByUsername/{username}", provenance: "sandbox" },
  addUserExperimentRole: { path: ROLE, provenance: "sandbox" },
  deleteUserExperimentRole: { path: ROLE, provenance: "sandbox" },
  stopDaq: { provenance: "sandbox" },
  listDaqs: { path: "/dm/daqs", provenance: "sandbox" },
  getDaqInfo: { path: "/dm/daqs/{id}", provenance: "sandbox" },
  upload: { provenance: "sandbox" },
  listUploads: { path: "/dm/uploads", provenance: "sandbox" },
  getUploadInfo: { path: "/dm/uploads/{id}", provenance: "sandbox" },
  stopUpload: { path: "/dm/uploads/{id}/stop", provenance: "sandbox" },
  stopProcessingJob: { path: "/dm/processingJobsByOwner/{owner}/{id}/stop", provenance: "sandbox" },
} as const;
