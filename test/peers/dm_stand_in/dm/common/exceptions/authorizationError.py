from dm.common.exceptions.dmException import DmException


class AuthorizationError(DmException):
    code = 5
