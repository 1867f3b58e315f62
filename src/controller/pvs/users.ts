/** PVs of who is on the experiment. */
import type { CommandName } from "./commands.ts";
import { input, managed, resultOf, UNKNOWN_COUNT } from "./row.ts";

/** Characters that EditUserBadge holds. */
export const EDIT_USER_CHARACTERS = 255;
/** Every command that changes who is on an experiment lists the users afterwards. */
const USER_LISTERS: readonly CommandName[] = ["ListUsers", "Init", "AddUser", "RemoveUser"];
const USER_CHANGERS: readonly CommandName[] = ["AddUser", "RemoveUser"];

export const USERS_ROWS = {
  EditUserBadge: managed(
    input(
      "AddUser, RemoveUser: badge numbers separated by commas; on a Globus collection also e-mail addresses or Globus user names.",
    ),
  ),
  UsersChanged: resultOf(USER_CHANGERS, "users that are on, or off, the experiment now because of it.", { initial: 0 }),
  UserErrors: resultOf(USER_CHANGERS, "users of the list for whom it did not work.", { initial: 0 }),
  UserResults: resultOf(USER_CHANGERS, "what became of each user of the list, one a line.", { initial: "" }),
  Users: resultOf(USER_LISTERS, "the users with name, badge and e-mail, one a line.", { initial: "" }),
  UserCount: resultOf(USER_LISTERS, "how many there are; -1 before anybody has looked.", { initial: UNKNOWN_COUNT }),
  UserNames: resultOf(USER_LISTERS, "their names, as an array.", { initial: [] }),
  UserBadges: resultOf(USER_LISTERS, "their badge numbers, as an array; 0 where one has none.", { initial: [] }),
  UserEmails: resultOf(USER_LISTERS, "their e-mail addresses, as an array; longer ones than 39 bytes are cut here.", {
    initial: [],
  }),
} as const;
