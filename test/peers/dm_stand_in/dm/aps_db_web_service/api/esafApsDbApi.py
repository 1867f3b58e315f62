from dm.common.session import WebService, encoded, path, query


class EsafApsDbApi(WebService):
    service = "APS_DB"

    def listStationEsafs(self, stationName, beamlineName=None, year=None):
        parts = [encoded(stationName)] + ([encoded(beamlineName)] if beamlineName else [])
        return self.call("GET", path("esaf", "stationEsafs", *parts) + query(year=year))

    def getStationEsafById(self, stationName, esafId):
        return self.call("GET", path("esaf", "stationEsafsById", encoded(stationName), esafId))
