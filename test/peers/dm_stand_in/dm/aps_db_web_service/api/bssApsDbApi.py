from dm.common.session import WebService, path


class BssApsDbApi(WebService):
    service = "APS_DB"

    def getCurrentRun(self):
        return self.call("GET", path("bss", "runs", "current"))
