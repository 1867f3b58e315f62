from dm.common.exceptions.dmException import DmException


class AuthenticationError(DmException):
    code = 6
