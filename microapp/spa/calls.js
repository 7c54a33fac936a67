// The client's APIs as the views use them, and what came of them in words.
import { report } from "dingbridge/bridge.js";
import { agentId, corpId, t } from "./page.js";

export const LOCATE = "device.geolocation.get";
export const PICK = "biz.contact.complexPicker";

export function locate(reauth) {
  return reauth.call(LOCATE, {
    targetAccuracy: 200, coordinate: 1, withReGeocode: true, useCache: false,
  });
}

/** Asks for colleagues, those in `people` ([{emplId, name}, …]) being chosen; resolves with the same. */
export async function pickPeople(reauth, people) {
  const { users } = await reauth.call(PICK, {
    title: t.spa_people,
    corpId,
    appId: agentId,
    permissionType: "GLOBAL",
    responseUserOnly: true,
    startWithDepartmentId: 0,
    multiple: true,
    maxUsers: 20,
    limitTips: t.spa_too_many,
    pickedUsers: people.map((person) => person.emplId),
    pickedDepartments: [],
    disabledUsers: [],
    disabledDepartments: [],
    requiredUsers: [],
    requiredDepartments: [],
  });
  return users.map(({ emplId, name }) => ({ emplId, name }));
}

export function names(people) {
  return people.length ? people.map((person) => person.name).join("、") : t.spa_nobody;
}

export function describePlace({ address, accuracy }) {
  const metres = String(Math.round(Number(accuracy)));
  return `${address || t.spa_no_address}\n${t.spa_located.replace("{metres}", metres)}`;
}

/** What to say of a call that failed; the server gets to know what the reference stands for. */
export function tellError(error) {
  if (error.cancelled) return t.spa_cancelled;
  report(error);
  return `${error.message}\n${t.spa_reference} ${error.reference}`;
}
