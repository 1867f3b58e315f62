from dm.common.session import WebService, encoded, path


class UserDsApi(WebService):
    service = "DS"

    def getUsers(self):
        return self.call("GET", path("users"))

    def getUserByUsername(self, username):
        return self.call("GET", path("usersByUsername", username))

    def addUserExperimentRole(self, username, roleName, experimentName, stationName=None):
        return self.call("POST", self._role(username, roleName, experimentName))

    def deleteUserExperimentRole(self, username, roleName, experimentName, stationName=None):
        return self.call("DELETE", self._role(username, roleName, experimentName))

    def _role(self, username, roleName, experimentName):
        return path("experimentsByName", encoded(experimentName), "userRoles", username, roleName)
