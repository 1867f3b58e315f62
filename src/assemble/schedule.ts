/** The schedule as the settings have it: the site's own file where there is one, else the scheduling service. */
import { ActionError } from "../base/errors.ts";
import { OffError } from "../controller/ports/call.ts";
import type { Schedule } from "../controller/tagging/beamtimes.ts";
import { createSchedulingFile } from "../services/scheduling/schedule-file.ts";
import { createSchedulingHttp } from "../services/scheduling/web-service.ts";
import type { PartOptions } from "./parts.ts";

export function openSchedule({ settings, clock, log, problems, closers }: PartOptions): Schedule {
  const { url, beamline, credentials, timeout, "schedule-file": file } = settings.scheduling;
  if (file !== "") return { scheduling: createSchedulingFile(file), beamline: beamline || "this beamline", clock };
  const missing = Object.entries({ beamline, url }).flatMap(([key, text]) => (text === "" ? [key] : []));
  if (missing.length > 0) {
    const off = (): Promise<never> =>
      Promise.reject(
        new OffError(
          `the schedule cannot be read: set ${missing.join(" and ")} in the [scheduling] section of globus.conf, or schedule-file`,
        ),
      );
    return { scheduling: { runs: off, beamtimes: off }, beamline: beamline || "this beamline", clock };
  }
  const scheduling = problems.collect("[scheduling]", () =>
    createSchedulingHttp({ url, beamline, login: { file: credentials }, timeoutSeconds: timeout, clock, log }),
  );
  if (scheduling !== undefined) closers.push(() => scheduling.close());
  const off = (): Promise<never> => Promise.reject(new ActionError("the scheduling service is off"));
  return { scheduling: scheduling ?? { runs: off, beamtimes: off }, beamline, clock };
}
