-- $filter=detectionState eq 'fail'
-- SQLite:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ? AND ("detection_state" = ?)
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT ?
-- PostgreSQL:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1 AND ("detection_state" = $2)
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT $3
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)

-- $filter=detectionState in ('fail','scriptError') and lastSyncDateTime eq null
-- SQLite:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ? AND (("detection_state" IN (?, ?)) AND FALSE)
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT ?
-- PostgreSQL:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1 AND (("detection_state" IN ($2, $3)) AND FALSE)
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT $4
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)

-- $filter=lastStateUpdateDateTime ge 2025-01-01T00:00:00Z and lastStateUpdateDateTime lt now()
-- SQLite:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ? AND (("last_state_update_date_time" >= ?) AND ("last_state_update_date_time" < ?))
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT ?
-- PostgreSQL:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1 AND (("last_state_update_date_time" >= $2) AND ("last_state_update_date_time" < $3))
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT $4
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)

-- $filter=year(lastStateUpdateDateTime) eq 2025 and hour(lastStateUpdateDateTime) lt 6
-- SQLite:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ? AND ((odata_call('year|Edm.DateTimeOffset|Edm.Int32', "last_state_update_date_time", "last_state_update_date_time_form") = ?) AND (odata_call('hour|Edm.DateTimeOffset|Edm.Int32', "last_state_update_date_time", "last_state_update_date_time_form") < ?))
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT ?
-- PostgreSQL:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1 AND ((odata_part('year', odata_local_day("last_state_update_date_time", "last_state_update_date_time_form")) = $2) AND ((odata_local_time("last_state_update_date_time", "last_state_update_date_time_form") / 36000000000) < $3))
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT $4
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)

-- $filter=contains(preRemediationDetectionScriptOutput,'disk') or startswith(id,'x')
-- SQLite:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ? AND ((instr("pre_remediation_detection_script_output", ?) > 0) OR odata_call('startswith|Edm.String,Edm.String|Edm.Boolean', (CASE "id_form" WHEN 1 THEN "script_id" || ':' || "state_key" ELSE "state_key" END), ?))
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT ?
-- PostgreSQL:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1 AND ((strpos("pre_remediation_detection_script_output", ($2 COLLATE "C")) > 0) OR starts_with((CAST((CASE "id_form" WHEN 1 THEN "script_id" || ':' || "state_key" ELSE "state_key" END) AS TEXT) COLLATE "C"), ($3 COLLATE "C")))
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT $4
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)

-- $filter=tolower(trim(preRemediationDetectionScriptError)) eq 'none'
-- SQLite:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ? AND (odata_call('tolower|Edm.String|Edm.String', odata_call('trim|Edm.String|Edm.String', "pre_remediation_detection_script_error")) = ?)
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT ?
-- PostgreSQL:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1 AND ((odata_lower((odata_trim("pre_remediation_detection_script_error") COLLATE "C")) COLLATE "C") = ($2 COLLATE "C"))
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT $3
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)

-- $filter=length(preRemediationDetectionScriptOutput) add 1 gt 2 mul 3
-- SQLite:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ? AND (CASE WHEN "script_id" = ? THEN (odata_call('add|Edm.Int32,Edm.Int32|Edm.Int32', odata_call('length|Edm.String|Edm.Int32', "pre_remediation_detection_script_output"), ?) > ?) END)
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT ?
-- PostgreSQL:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1 AND (CASE WHEN "script_id" = $2 THEN ((CAST(char_length("pre_remediation_detection_script_output") AS BIGINT) + $3) > $4) END)
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT $5
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)

-- $filter=substring(preRemediationDetectionScriptOutput,1,2) eq concat('a','b')
-- SQLite:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ? AND (CASE WHEN "script_id" = ? THEN (odata_call('substring|Edm.String,Edm.Int32,Edm.Int32|Edm.String', "pre_remediation_detection_script_output", ?, ?) = ?) END)
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT ?
-- PostgreSQL:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1 AND (CASE WHEN "script_id" = $2 THEN ((odata_substring("pre_remediation_detection_script_output", $3, $4) COLLATE "C") = ($5 COLLATE "C")) END)
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT $6
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)

-- $filter=indexof(preRemediationDetectionScriptOutput,'x') ne -1
-- SQLite:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ? AND (NOT (odata_call('indexof|Edm.String,Edm.String|Edm.Int32', "pre_remediation_detection_script_output", ?) IS ?))
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT ?
-- PostgreSQL:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1 AND (NOT (CAST(strpos("pre_remediation_detection_script_output", ($2 COLLATE "C")) - 1 AS BIGINT) IS NOT DISTINCT
  FROM $3))
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT $4
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)

-- $filter=matchesPattern(preRemediationDetectionScriptOutput,'^a.c$')
-- SQLite:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ? AND odata_call('matchespattern|Edm.String,Edm.String|Edm.Boolean', "pre_remediation_detection_script_output", ?)
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT ?
-- PostgreSQL:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1 AND ("pre_remediation_detection_script_output" ~ ($2 COLLATE "C"))
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT $3
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)

-- $filter=not (remediationState eq 'success' and detectionState eq 'success')
-- SQLite:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ? AND (NOT (("remediation_state" = ?) AND ("detection_state" = ?)))
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT ?
-- PostgreSQL:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1 AND (NOT (("remediation_state" = $2) AND ("detection_state" = $3)))
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT $4
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)

-- $filter=managedDevice/deviceName eq 'web-01'
-- SQLite:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ? AND ((SELECT "n1"."device_name"
  FROM "managed_device" AS "n1"
  WHERE "n1"."id" = "device_health_script_device_state"."device_id"
  LIMIT 1) = ?)
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT ?
-- PostgreSQL:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1 AND ((SELECT "n1"."device_name"
  FROM "managed_device" AS "n1"
  WHERE "n1"."id" = "device_health_script_device_state"."device_id"
  LIMIT 1) = ($2 COLLATE "C"))
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT $3
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)
-- CORRELATED SCALAR SUBQUERY 1
-- SEARCH n1 USING INDEX sqlite_autoindex_managed_device_1 (id=?)

-- $filter=managedDevice eq null
-- SQLite:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ? AND (((SELECT TRUE
  FROM "managed_device" AS "n1"
  WHERE "n1"."id" = "device_health_script_device_state"."device_id"
  LIMIT 1)) IS NOT TRUE)
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT ?
-- PostgreSQL:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1 AND (((SELECT TRUE
  FROM "managed_device" AS "n1"
  WHERE "n1"."id" = "device_health_script_device_state"."device_id"
  LIMIT 1)) IS NOT TRUE)
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT $2
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)
-- CORRELATED SCALAR SUBQUERY 1
-- SEARCH n1 USING COVERING INDEX sqlite_autoindex_managed_device_1 (id=?)

-- $filter=assignmentFilterIds/any(f:f eq 'x')
-- SQLite:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ? AND EXISTS (SELECT 1
  FROM json_each("device_health_script_device_state"."assignment_filter_ids") AS "n1"
  WHERE ("n1"."value" = ?))
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT ?
-- PostgreSQL:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1 AND EXISTS (SELECT 1
  FROM jsonb_array_elements(CAST("device_health_script_device_state"."assignment_filter_ids" AS JSONB)) WITH ORDINALITY AS "n1"("value", "key")
  WHERE ((("n1"."value" #>> '{}') COLLATE "C") = ($2 COLLATE "C")))
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT $3
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)
-- SCAN n1 EXISTS VIRTUAL TABLE INDEX 1:

-- $filter=assignmentFilterIds/$count gt 1
-- SQLite:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ? AND (json_array_length("assignment_filter_ids") > ?)
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT ?
-- PostgreSQL:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1 AND (CAST(jsonb_array_length(CAST("assignment_filter_ids" AS JSONB)) AS BIGINT) > $2)
  ORDER BY "device_health_script_device_state"."state_key"
  LIMIT $3
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)

-- $orderby=lastStateUpdateDateTime desc
-- SQLite:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ?
  ORDER BY "device_health_script_device_state"."last_state_update_date_time" DESC, "device_health_script_device_state"."state_key"
  LIMIT ?
-- PostgreSQL:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1
  ORDER BY "device_health_script_device_state"."last_state_update_date_time" DESC, "device_health_script_device_state"."state_key"
  LIMIT $2
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)
-- USE TEMP B-TREE FOR ORDER BY

-- $orderby=managedDevice/deviceName,detectionState desc
-- SQLite:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ?
  ORDER BY (SELECT "n1"."device_name"
  FROM "managed_device" AS "n1"
  WHERE "n1"."id" = "device_health_script_device_state"."device_id"
  LIMIT 1), "device_health_script_device_state"."detection_state" DESC, "device_health_script_device_state"."state_key"
  LIMIT ?
-- PostgreSQL:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1
  ORDER BY ((SELECT "n1"."device_name"
  FROM "managed_device" AS "n1"
  WHERE "n1"."id" = "device_health_script_device_state"."device_id"
  LIMIT 1) COLLATE "C") NULLS FIRST, "device_health_script_device_state"."detection_state" DESC, "device_health_script_device_state"."state_key"
  LIMIT $2
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)
-- CORRELATED SCALAR SUBQUERY 1
-- SEARCH n1 USING INDEX sqlite_autoindex_managed_device_1 (id=?)
-- USE TEMP B-TREE FOR ORDER BY

-- $orderby=length(preRemediationDetectionScriptOutput) desc
-- SQLite:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ?
  ORDER BY odata_call('length|Edm.String|Edm.Int32', "pre_remediation_detection_script_output") DESC, "device_health_script_device_state"."state_key"
  LIMIT ?
-- PostgreSQL:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1
  ORDER BY CAST(char_length("pre_remediation_detection_script_output") AS BIGINT) DESC NULLS LAST, "device_health_script_device_state"."state_key"
  LIMIT $2
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)
-- USE TEMP B-TREE FOR ORDER BY

-- $compute=length(preRemediationDetectionScriptOutput) as size&$filter=size gt 9&$orderby=size
-- SQLite:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ? AND (odata_call('length|Edm.String|Edm.Int32', "pre_remediation_detection_script_output") > ?)
  ORDER BY odata_call('length|Edm.String|Edm.Int32', "pre_remediation_detection_script_output"), "device_health_script_device_state"."state_key"
  LIMIT ?
-- PostgreSQL:
SELECT "state_key"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1 AND (CAST(char_length("pre_remediation_detection_script_output") AS BIGINT) > $2)
  ORDER BY CAST(char_length("pre_remediation_detection_script_output") AS BIGINT) NULLS FIRST, "device_health_script_device_state"."state_key"
  LIMIT $3
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)
-- USE TEMP B-TREE FOR ORDER BY

-- $apply=aggregate($count as n)
-- SQLite:
SELECT "n1"."c1"
  FROM (SELECT COUNT(*) AS "c1"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ?) AS "n1"
-- PostgreSQL:
SELECT "n1"."c1"
  FROM (SELECT COUNT(*) AS "c1"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1) AS "n1"
-- CO-ROUTINE n1
-- SEARCH device_health_script_device_state USING COVERING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)
-- SCAN n1

-- $apply=groupby((detectionState),aggregate($count as n))
-- SQLite:
SELECT "n1"."c1", "n1"."c2"
  FROM (SELECT "detection_state" AS "c1", COUNT(*) AS "c2"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ?
  GROUP BY 1) AS "n1"
-- PostgreSQL:
SELECT "n1"."c1", "n1"."c2"
  FROM (SELECT "detection_state" AS "c1", COUNT(*) AS "c2"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1
  GROUP BY 1) AS "n1"
-- CO-ROUTINE n1
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)
-- USE TEMP B-TREE FOR GROUP BY
-- SCAN n1

-- $apply=filter(detectionState eq 'fail')/groupby((detectionState,remediationState),aggregate($count as n,lastStateUpdateDateTime with max as latest))
-- SQLite:
SELECT "n1"."c1", "n1"."c2", "n1"."c3", "n1"."c4", "n1"."c5"
  FROM (SELECT "detection_state" AS "c1", "remediation_state" AS "c2", COUNT(*) AS "c3", MAX("last_state_update_date_time") AS "c4", 0 AS "c5"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ? AND ("detection_state" = ?)
  GROUP BY 1, 2) AS "n1"
-- PostgreSQL:
SELECT "n1"."c1", "n1"."c2", "n1"."c3", "n1"."c4", "n1"."c5"
  FROM (SELECT "detection_state" AS "c1", "remediation_state" AS "c2", COUNT(*) AS "c3", MAX("last_state_update_date_time") AS "c4", 0 AS "c5"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1 AND ("detection_state" = $2)
  GROUP BY 1, 2) AS "n1"
-- CO-ROUTINE n1
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)
-- USE TEMP B-TREE FOR GROUP BY
-- SCAN n1

-- $apply=groupby((managedDevice/operatingSystem),aggregate($count as n))
-- SQLite:
SELECT "n2"."c1", "n2"."c2"
  FROM (SELECT (SELECT "n1"."operating_system"
  FROM "managed_device" AS "n1"
  WHERE "n1"."id" = "device_health_script_device_state"."device_id"
  LIMIT 1) AS "c1", COUNT(*) AS "c2"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ?
  GROUP BY 1) AS "n2"
-- PostgreSQL:
SELECT "n2"."c1", "n2"."c2"
  FROM (SELECT (SELECT "n1"."operating_system"
  FROM "managed_device" AS "n1"
  WHERE "n1"."id" = "device_health_script_device_state"."device_id"
  LIMIT 1) AS "c1", COUNT(*) AS "c2"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1
  GROUP BY 1) AS "n2"
-- CO-ROUTINE n2
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)
-- USE TEMP B-TREE FOR GROUP BY
-- CORRELATED SCALAR SUBQUERY 1
-- SEARCH n1 USING INDEX sqlite_autoindex_managed_device_1 (id=?)
-- SCAN n2

-- $apply=groupby((detectionState),aggregate($count as n))/filter(n gt 10)/orderby(n desc)/top(3)
-- SQLite:
SELECT "n1"."c1", "n1"."c2"
  FROM (SELECT "detection_state" AS "c1", COUNT(*) AS "c2"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ?
  GROUP BY 1) AS "n1"
  WHERE ("n1"."c2" > ?)
  ORDER BY "n1"."c2" DESC
  LIMIT ?
-- PostgreSQL:
SELECT "n1"."c1", "n1"."c2"
  FROM (SELECT "detection_state" AS "c1", COUNT(*) AS "c2"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1
  GROUP BY 1) AS "n1"
  WHERE ("n1"."c2" > $2)
  ORDER BY "n1"."c2" DESC
  LIMIT $3
-- CO-ROUTINE n1
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)
-- USE TEMP B-TREE FOR GROUP BY
-- SCAN n1
-- USE TEMP B-TREE FOR ORDER BY

-- $apply=aggregate(preRemediationDetectionScriptOutput with countdistinct as outputs)
-- SQLite:
SELECT "n1"."c1"
  FROM (SELECT COUNT(DISTINCT "pre_remediation_detection_script_output") AS "c1"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ?) AS "n1"
-- PostgreSQL:
SELECT "n1"."c1"
  FROM (SELECT COUNT(DISTINCT "pre_remediation_detection_script_output") AS "c1"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1) AS "n1"
-- CO-ROUTINE n1
-- USE TEMP B-TREE FOR count(DISTINCT)
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)
-- SCAN n1

-- $apply=compute(length(preRemediationDetectionScriptOutput) as size)/aggregate(size with sum as total,size with average as mean)
-- SQLite:
SELECT "n1"."c1", "n1"."c2"
  FROM (SELECT SUM(odata_call('length|Edm.String|Edm.Int32', "pre_remediation_detection_script_output")) AS "c1", AVG(odata_call('length|Edm.String|Edm.Int32', "pre_remediation_detection_script_output")) AS "c2"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ?) AS "n1"
-- PostgreSQL:
SELECT "n1"."c1", "n1"."c2"
  FROM (SELECT CAST(SUM(CAST(char_length("pre_remediation_detection_script_output") AS BIGINT)) AS BIGINT) AS "c1", CAST(AVG(CAST(char_length("pre_remediation_detection_script_output") AS BIGINT)) AS DOUBLE PRECISION) AS "c2"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1) AS "n1"
-- CO-ROUTINE n1
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)
-- SCAN n1

-- $apply=topcount(5,lastStateUpdateDateTime)
-- SQLite:
SELECT (CASE "id_form" WHEN 1 THEN "script_id" || ':' || "state_key" ELSE "state_key" END), "detection_state", "last_state_update_date_time", "last_state_update_date_time_form", "expected_state_update_date_time", "expected_state_update_date_time_form", "last_sync_date_time", "last_sync_date_time_form", "pre_remediation_detection_script_output", "pre_remediation_detection_script_error", "remediation_script_error", "post_remediation_detection_script_output", "post_remediation_detection_script_error", "remediation_state", "assignment_filter_ids"
  FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY "last_state_update_date_time" DESC) AS "n1"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ?) AS "device_health_script_device_state"
  WHERE "device_health_script_device_state"."n1" <= ?
-- PostgreSQL:
SELECT (CAST((CASE "id_form" WHEN 1 THEN "script_id" || ':' || "state_key" ELSE "state_key" END) AS TEXT) COLLATE "C"), "detection_state", "last_state_update_date_time", "last_state_update_date_time_form", "expected_state_update_date_time", "expected_state_update_date_time_form", "last_sync_date_time", "last_sync_date_time_form", "pre_remediation_detection_script_output", "pre_remediation_detection_script_error", "remediation_script_error", "post_remediation_detection_script_output", "post_remediation_detection_script_error", "remediation_state", CAST(CAST("assignment_filter_ids" AS JSONB) AS TEXT)
  FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY "last_state_update_date_time" DESC) AS "n1"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1) AS "device_health_script_device_state"
  WHERE "device_health_script_device_state"."n1" <= $2
-- CO-ROUTINE device_health_script_device_state
-- CO-ROUTINE (subquery-3)
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)
-- USE TEMP B-TREE FOR ORDER BY
-- SCAN (subquery-3)
-- SCAN device_health_script_device_state

-- $apply=concat(aggregate($count as n),groupby((detectionState)))
-- SQLite:
SELECT "n3"."c1", "n3"."c2"
  FROM (SELECT *
  FROM (SELECT "n1"."c1" AS "c1", NULL AS "c2"
  FROM (SELECT COUNT(*) AS "c1"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ?) AS "n1") AS "n4" UNION ALL SELECT *
  FROM (SELECT NULL AS "c1", "n2"."c1" AS "c2"
  FROM (SELECT "detection_state" AS "c1"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ?
  GROUP BY 1) AS "n2") AS "n5") AS "n3"
-- PostgreSQL:
SELECT "n3"."c1", "n3"."c2"
  FROM (SELECT *
  FROM (SELECT "n1"."c1" AS "c1", CAST(NULL AS BIGINT) AS "c2"
  FROM (SELECT COUNT(*) AS "c1"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1) AS "n1") AS "n4" UNION ALL SELECT *
  FROM (SELECT CAST(NULL AS BIGINT) AS "c1", "n2"."c1" AS "c2"
  FROM (SELECT "detection_state" AS "c1"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $2
  GROUP BY 1) AS "n2") AS "n5") AS "n3"
-- CO-ROUTINE n3
-- COMPOUND QUERY
-- LEFT-MOST SUBQUERY
-- CO-ROUTINE n1
-- SEARCH device_health_script_device_state USING COVERING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)
-- SCAN n1
-- UNION ALL
-- CO-ROUTINE n2
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)
-- USE TEMP B-TREE FOR GROUP BY
-- SCAN n2
-- SCAN n3

-- $apply=groupby((detectionState),aggregate(managedDevice/totalStorageSpaceInBytes with sum as size,$count as n))
-- SQLite:
SELECT "n5"."c1", "n5"."c2", "n5"."c3"
  FROM (SELECT "n4"."c1" AS "c1", "n3"."c2" AS "c2", COALESCE("n4"."c2", 0) AS "c3"
  FROM (SELECT "detection_state" AS "c1", COUNT(*) AS "c2"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ?
  GROUP BY 1) AS "n4"
  LEFT JOIN (SELECT "n2"."c1" AS "c1", SUM("n2"."c3") AS "c2"
  FROM (SELECT DISTINCT "device_health_script_device_state"."detection_state" AS "c1", "n1"."id" AS "c2", "n1"."total_storage_space_in_bytes" AS "c3"
  FROM (SELECT *
  FROM "device_health_script_device_state"
  WHERE "script_id" = ?) AS "device_health_script_device_state", "managed_device" AS "n1"
  WHERE "n1"."id" = "device_health_script_device_state"."device_id" AND ("n1"."total_storage_space_in_bytes" IS NOT NULL)) AS "n2"
  GROUP BY 1) AS "n3" ON TRUE AND ("n4"."c1" = "n3"."c1")) AS "n5"
-- PostgreSQL:
SELECT "n5"."c1", "n5"."c2", "n5"."c3"
  FROM (SELECT "n4"."c1" AS "c1", "n3"."c2" AS "c2", COALESCE("n4"."c2", 0) AS "c3"
  FROM (SELECT "detection_state" AS "c1", COUNT(*) AS "c2"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1
  GROUP BY 1) AS "n4"
  LEFT JOIN (SELECT "n2"."c1" AS "c1", CAST(SUM("n2"."c3") AS BIGINT) AS "c2"
  FROM (SELECT DISTINCT "device_health_script_device_state"."detection_state" AS "c1", "n1"."id" AS "c2", "n1"."total_storage_space_in_bytes" AS "c3"
  FROM (SELECT *
  FROM "device_health_script_device_state"
  WHERE "script_id" = $2) AS "device_health_script_device_state", "managed_device" AS "n1"
  WHERE "n1"."id" = "device_health_script_device_state"."device_id" AND ("n1"."total_storage_space_in_bytes" IS NOT NULL)) AS "n2"
  GROUP BY 1) AS "n3" ON TRUE AND ("n4"."c1" = "n3"."c1")) AS "n5"
-- CO-ROUTINE n4
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)
-- USE TEMP B-TREE FOR GROUP BY
-- MATERIALIZE n3
-- CO-ROUTINE n2
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)
-- SEARCH n1 USING INDEX sqlite_autoindex_managed_device_1 (id=?)
-- USE TEMP B-TREE FOR DISTINCT
-- SCAN n2
-- USE TEMP B-TREE FOR GROUP BY
-- SCAN n4
-- BLOOM FILTER ON n3 (c1=?)
-- SEARCH n3 USING AUTOMATIC PARTIAL COVERING INDEX (c1=?) LEFT-JOIN

-- $apply=aggregate($count from detectionState with max as most)
-- SQLite:
SELECT "n3"."c1"
  FROM (SELECT "n2"."c1" AS "c1"
  FROM (SELECT 1 AS "one") AS "n4"
  LEFT JOIN (SELECT MAX("n1"."c2") AS "c1"
  FROM (SELECT "detection_state" AS "c1", COUNT(*) AS "c2"
  FROM "device_health_script_device_state"
  WHERE "script_id" = ?
  GROUP BY 1) AS "n1") AS "n2" ON TRUE) AS "n3"
-- PostgreSQL:
SELECT "n3"."c1"
  FROM (SELECT "n2"."c1" AS "c1"
  FROM (SELECT 1 AS "one") AS "n4"
  LEFT JOIN (SELECT MAX("n1"."c2") AS "c1"
  FROM (SELECT "detection_state" AS "c1", COUNT(*) AS "c2"
  FROM "device_health_script_device_state"
  WHERE "script_id" = $1
  GROUP BY 1) AS "n1") AS "n2" ON TRUE) AS "n3"
-- CO-ROUTINE n4
-- SCAN CONSTANT ROW
-- MATERIALIZE n2
-- CO-ROUTINE n1
-- SEARCH device_health_script_device_state USING INDEX sqlite_autoindex_device_health_script_device_state_1 (script_id=?)
-- USE TEMP B-TREE FOR GROUP BY
-- SCAN n1
-- SCAN n4
-- SCAN n2 LEFT-JOIN

