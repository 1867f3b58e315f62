from dm.common.session import WebService, encoded, path, query


class ExperimentDsApi(WebService):
    service = "DS"

    def getExperimentByName(self, experimentName, stationName=None):
        return self.call("GET", path("experimentsByName", encoded(experimentName), self.station(stationName)))

    def getExperimentById(self, id):
        return self.call("GET", path("experimentsById", id))

    def getExperimentsByStation(self, stationName=None):
        return self.call("GET", path("experimentsByStation", self.station(stationName)))

    def addExperiment(
        self,
        experimentName,
        stationName=None,
        typeName=None,
        description=None,
        rootPath=None,
        storageName=None,
        globusGroupId=None,
        startDate=None,
        endDate=None,
        managedDirectoryStructure=None,
        beamlineUserAccount=None,
        beamlineAdminAccount=None,
    ):
        arguments = query(
            experimentName=encoded(experimentName),
            stationName=self.station(stationName),
            typeName=encoded(typeName),
            description=encoded(description) if description else None,
            rootPath=encoded(rootPath) if rootPath else None,
            startDate=startDate,
            endDate=endDate,
        )
        return self.call("POST", path("experiments", "addExperiment") + arguments)

    def upsertExperimentMetadata(self, key, value, experimentName):
        target = path("experimentsByName", encoded(experimentName), "metadata", key)
        return self.call("PUT", target + query(value=encoded(value)))

    def deleteExperimentByName(self, experimentName, stationName=None):
        return self.call("DELETE", path("experimentsByName", encoded(experimentName), self.station(stationName)))
