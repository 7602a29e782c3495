-- What expressions need and PostgreSQL does not have: each function means what odata::eval means.
-- Times are ticks of 100 ns; a form is 9 times the code of the offset plus the precision.

CREATE OR REPLACE FUNCTION odata_fail(reason text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'OD400', MESSAGE = reason;
END $$;

-- The value itself, which is not computed before a row leads there.
CREATE OR REPLACE FUNCTION odata_later(v anyelement) RETURNS anyelement
LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN v;
END $$;

CREATE OR REPLACE FUNCTION odata_substring(t text, start bigint) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE
    WHEN start >= char_length(t) THEN ''
    WHEN start >= 0 THEN substr(t, start::int + 1)
    ELSE right(t, LEAST(-GREATEST(start, -2000000000), char_length(t))::int)
  END
$$;

CREATE OR REPLACE FUNCTION odata_substring(t text, start bigint, len bigint) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF len < 0 THEN
    PERFORM odata_fail('The length given to ''substring'' is negative.');
  END IF;
  RETURN left(odata_substring(t, start), LEAST(len, 2000000000)::int);
END $$;

CREATE OR REPLACE FUNCTION odata_trim(t text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT btrim(t, E'\u0009\u000a\u000b\u000c\u000d\u0020\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000')
$$;

CREATE OR REPLACE FUNCTION odata_round(x double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN abs(x) < 4503599627370496 AND abs(x - trunc(x)) >= 0.5
    THEN trunc(x) + sign(x) ELSE trunc(x) END
$$;

CREATE OR REPLACE FUNCTION odata_remainder(a double precision, b double precision)
RETURNS double precision LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  x double precision := abs(a);
  y double precision := abs(b);
  d double precision := abs(b);
BEGIN
  IF x = 'Infinity' OR x = 'NaN' OR y = 'NaN' THEN RETURN NULL; END IF;
  IF y = 'Infinity' THEN RETURN a; END IF;
  -- Doublings and halvings of a double are exact, and so is each difference.
  WHILE d <= x / 2 LOOP d := d * 2; END LOOP;
  WHILE d >= y LOOP
    IF x >= d THEN x := x - d; END IF;
    EXIT WHEN d = y;
    d := d / 2;
  END LOOP;
  RETURN CASE WHEN a < 0 THEN -x ELSE x END;
END $$;

-- IEEE 754 arithmetic; not-a-number is null.
CREATE OR REPLACE FUNCTION odata_double_op(op text, a double precision, b double precision)
RETURNS double precision LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  r double precision;
BEGIN
  IF op = 'mod' THEN
    IF b = 0 THEN PERFORM odata_fail('Division by zero.'); END IF;
    RETURN odata_remainder(a, b);
  END IF;
  IF op IN ('div', 'divby') AND b = 0 THEN
    RETURN CASE WHEN a > 0 THEN 'Infinity' WHEN a < 0 THEN '-Infinity' END;
  END IF;
  BEGIN
    r := CASE op WHEN 'add' THEN a + b WHEN 'sub' THEN a - b WHEN 'mul' THEN a * b ELSE a / b END;
  EXCEPTION WHEN numeric_value_out_of_range THEN
    IF op IN ('add', 'sub') THEN
      r := CASE WHEN a > 0 THEN 'Infinity' ELSE '-Infinity' END;
    ELSIF (op = 'mul' AND ln(abs(a)) + ln(abs(b)) > 0) OR (op <> 'mul' AND ln(abs(a)) > ln(abs(b))) THEN
      r := CASE WHEN sign(a) = sign(b) THEN 'Infinity' ELSE '-Infinity' END;
    ELSE
      r := 0;
    END IF;
  END;
  RETURN NULLIF(r, 'NaN');
END $$;

-- Rounded half away from zero to digits behind the point, exact until then.
CREATE OR REPLACE FUNCTION odata_quotient(a numeric, b numeric, digits int DEFAULT 38) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  shifted numeric := abs(a) * ('1e' || digits)::numeric;
  q numeric;
BEGIN
  IF b = 0 THEN PERFORM odata_fail('Division by zero.'); END IF;
  q := div(shifted, abs(b));
  IF (shifted - q * abs(b)) * 2 >= abs(b) THEN q := q + 1; END IF;
  RETURN trim_scale(q * ('1e-' || digits)::numeric * sign(a) * sign(b));
END $$;

CREATE OR REPLACE FUNCTION odata_scaled(ticks bigint, n numeric, divide boolean) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN divide THEN odata_quotient(ticks, n, 0) ELSE round(ticks * n) END::bigint
$$;

CREATE OR REPLACE FUNCTION odata_scaled(ticks bigint, n double precision, divide boolean) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  r double precision;
BEGIN
  IF divide AND n = 0 THEN PERFORM odata_fail('Division by zero.'); END IF;
  r := odata_round(odata_double_op(CASE WHEN divide THEN 'div' ELSE 'mul' END, ticks, n));
  IF r IS NULL OR r < -9223372036854775808 OR r >= 9223372036854775808 THEN
    PERFORM odata_fail('A duration is out of range.');
  END IF;
  RETURN r::bigint;
END $$;

-- Of the years 0000 to 9999, where the offset is in force.
CREATE OR REPLACE FUNCTION odata_instant(ticks bigint, form bigint, op text) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  here bigint := ticks + CASE WHEN form / 9 < 2 THEN 0 ELSE form / 9 - 1441 END * 600000000;
BEGIN
  IF here < -316224000000000 OR here >= 3155378976000000000 THEN
    PERFORM odata_fail('The result of ''' || op || ''' is out of range.');
  END IF;
  RETURN ticks;
END $$;

CREATE OR REPLACE FUNCTION odata_floor_day(ticks bigint) RETURNS int
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT ((ticks - (ticks % 864000000000 + 864000000000) % 864000000000) / 864000000000)::int
$$;

CREATE OR REPLACE FUNCTION odata_day(ticks bigint, op text) RETURNS int
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT odata_floor_day(odata_instant(ticks, 0, op))
$$;

CREATE OR REPLACE FUNCTION odata_offset(form bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN form / 9 < 2 THEN 0 ELSE form / 9 - 1441 END
$$;

CREATE OR REPLACE FUNCTION odata_local_day(ticks bigint, form bigint) RETURNS int
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT odata_floor_day(ticks + odata_offset(form) * 600000000)
$$;

CREATE OR REPLACE FUNCTION odata_local_time(ticks bigint, form bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT ((ticks + odata_offset(form) * 600000000) % 864000000000 + 864000000000) % 864000000000
$$;

CREATE OR REPLACE FUNCTION odata_part(part text, day bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT (date_part(part, DATE '0001-01-01' + day::int)
    + CASE WHEN part = 'year' AND day < 0 THEN 1 ELSE 0 END)::bigint
$$;

CREATE OR REPLACE FUNCTION odata_date(t text) RETURNS int
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  p text[] := regexp_match(t, '^([0-9]{4})-([0-9]{2})-([0-9]{2})$');
  y int := p[1]::int;
BEGIN
  IF p IS NULL THEN RETURN NULL; END IF;
  RETURN make_date(CASE y WHEN 0 THEN -1 ELSE y END, p[2]::int, p[3]::int) - DATE '0001-01-01';
EXCEPTION WHEN datetime_field_overflow THEN
  RETURN NULL;
END $$;

-- Ticks times 16, and the code of the precision.
CREATE OR REPLACE FUNCTION odata_time(t text) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  p text[] := regexp_match(t, '^([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.]([0-9]{1,12}))?)?$');
  seconds bigint;
BEGIN
  IF p IS NULL OR p[1] > '23' OR p[2] > '59' OR p[3] > '59' OR substr(p[4], 8) ~ '[1-9]' THEN
    RETURN NULL;
  END IF;
  seconds := p[1]::bigint * 3600 + p[2]::bigint * 60 + COALESCE(p[3], '0')::bigint;
  RETURN (seconds * 10000000 + rpad(left(COALESCE(p[4], ''), 7), 7, '0')::bigint) * 16
    + CASE WHEN p[3] IS NULL THEN 8 ELSE LEAST(char_length(COALESCE(p[4], '')), 7) END;
END $$;

CREATE OR REPLACE FUNCTION odata_zone(t text) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  p text[] := regexp_match(t, '(?:([Zz])|([+-])([0-9]{2}):([0-9]{2}))$');
  minutes bigint;
BEGIN
  IF p IS NULL OR p[3] > '23' OR p[4] > '59' THEN RETURN NULL; END IF;
  IF p[1] IS NOT NULL THEN RETURN 0; END IF;
  minutes := p[3]::bigint * 60 + p[4]::bigint;
  IF minutes = 0 AND p[2] = '-' THEN RETURN 1; END IF;
  RETURN 1441 + CASE p[2] WHEN '-' THEN -minutes ELSE minutes END;
END $$;

CREATE OR REPLACE FUNCTION odata_form(t text) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT odata_zone(t) * 9 + (odata_time(substring(t FROM '^.{10}[Tt](.*?)(?:[Zz]|[+-][0-9:]*)$')) & 15)
$$;

CREATE OR REPLACE FUNCTION odata_ticks(t text) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  ticks bigint := odata_date(left(t, 10))::bigint * 864000000000
    + (odata_time(substring(t FROM '^.{10}[Tt](.*?)(?:[Zz]|[+-][0-9:]*)$')) >> 4)
    - odata_offset(odata_zone(t) * 9) * 600000000;
BEGIN
  RETURN ticks;
END $$;

CREATE OR REPLACE FUNCTION odata_zoned(t text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN odata_zone(t) IS NULL OR substr(t, 11) !~ '(?:[Zz]|[+-])' THEN t || 'Z' ELSE t END
$$;

CREATE OR REPLACE FUNCTION odata_duration(t text) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  p text[] := regexp_match(upper(t), '^(-?)P(?:([0-9]+)D)?(T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(?:[.]([0-9]+))?S)?)?$');
  ticks numeric;
BEGIN
  IF p IS NULL OR p[3] = 'T' OR COALESCE(p[2], p[3]) IS NULL OR substr(p[7], 8) ~ '[1-9]' THEN
    RETURN NULL;
  END IF;
  ticks := COALESCE(p[2], '0')::numeric * 864000000000 + COALESCE(p[4], '0')::numeric * 36000000000
    + COALESCE(p[5], '0')::numeric * 600000000 + COALESCE(p[6], '0')::numeric * 10000000
    + rpad(left(COALESCE(p[7], ''), 7), 7, '0')::numeric;
  RETURN CASE p[1] WHEN '-' THEN -ticks ELSE ticks END::bigint;
EXCEPTION WHEN numeric_value_out_of_range THEN
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION odata_date_text(day bigint) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT lpad(odata_part('year', day)::text, 4, '0') || '-' ||
    lpad(odata_part('month', day)::text, 2, '0') || '-' || lpad(odata_part('day', day)::text, 2, '0')
$$;

-- Printing never cuts: as many digits as are needed, and not less than the precision.
CREATE OR REPLACE FUNCTION odata_time_text(ticks bigint, code bigint) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  hm text := lpad((ticks / 36000000000)::text, 2, '0') || ':' || lpad((ticks / 600000000 % 60)::text, 2, '0');
  fraction text := lpad((ticks % 10000000)::text, 7, '0');
  needed int := char_length(rtrim(fraction, '0'));
  digits int := CASE WHEN code = 8 THEN needed ELSE GREATEST(code, needed) END;
BEGIN
  IF code = 8 AND ticks % 600000000 = 0 THEN RETURN hm; END IF;
  RETURN hm || ':' || lpad((ticks / 10000000 % 60)::text, 2, '0')
    || CASE WHEN digits > 0 THEN '.' || left(fraction, digits) ELSE '' END;
END $$;

CREATE OR REPLACE FUNCTION odata_instant_text(ticks bigint, form bigint) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  minutes bigint := abs(odata_offset(form));
BEGIN
  RETURN odata_date_text(odata_local_day(ticks, form)) || 'T'
    || odata_time_text(odata_local_time(ticks, form), form % 9)
    || CASE form / 9
      WHEN 0 THEN 'Z'
      ELSE CASE WHEN form / 9 = 1 OR odata_offset(form) < 0 THEN '-' ELSE '+' END
        || lpad((minutes / 60)::text, 2, '0') || ':' || lpad((minutes % 60)::text, 2, '0')
    END;
END $$;

CREATE OR REPLACE FUNCTION odata_duration_text(ticks bigint) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  n numeric := abs(ticks::numeric);
  rest bigint := (n % 864000000000)::bigint;
  days numeric := div(n, 864000000000);
  fraction text := rtrim(lpad((rest % 10000000)::text, 7, '0'), '0');
  seconds bigint := rest / 10000000 % 60;
  out text := CASE WHEN ticks < 0 THEN '-P' ELSE 'P' END;
BEGIN
  IF days > 0 THEN out := out || days || 'D'; END IF;
  IF rest = 0 THEN RETURN CASE WHEN days = 0 THEN out || 'T0S' ELSE out END; END IF;
  out := out || 'T';
  IF rest >= 36000000000 THEN out := out || rest / 36000000000 || 'H'; END IF;
  IF rest / 600000000 % 60 > 0 THEN out := out || rest / 600000000 % 60 || 'M'; END IF;
  IF fraction <> '' THEN RETURN out || seconds || '.' || fraction || 'S'; END IF;
  RETURN CASE WHEN seconds > 0 THEN out || seconds || 'S' ELSE out END;
END $$;

CREATE OR REPLACE FUNCTION odata_double_text(x double precision) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE x WHEN 'Infinity' THEN 'INF' WHEN '-Infinity' THEN '-INF' ELSE
    CASE WHEN x = 0 AND x::text = '-0' THEN '-0' ELSE trim_scale(x::text::numeric)::text END END
$$;

CREATE OR REPLACE FUNCTION odata_base64(b bytea) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT translate(encode(b, 'base64'), E'+/\n', '-_')
$$;

CREATE OR REPLACE FUNCTION odata_integer(t text, low bigint, high bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN t ~ '^[+-]?[0-9]{1,200}$' THEN
    CASE WHEN t::numeric BETWEEN low AND high THEN t::numeric::bigint END END
$$;

CREATE OR REPLACE FUNCTION odata_number(t text) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN t ~ '^[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]{1,3})?$' AND char_length(t) <= 256 THEN
    CASE WHEN char_length(regexp_replace(t::numeric::text, '[^0-9]', '', 'g')) <= 128 THEN t::numeric END END
$$;

CREATE OR REPLACE FUNCTION odata_float(t text) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF t IN ('INF', '-INF') THEN RETURN t::double precision; END IF;
  IF t !~ '^[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?$' THEN RETURN NULL; END IF;
  RETURN t::double precision;
EXCEPTION WHEN numeric_value_out_of_range THEN
  -- Too great is no value; too small is zero.
  RETURN CASE WHEN t ~ '[eE]-' OR t ~ '^[+-]?0[.]' THEN 0 END;
END $$;

CREATE OR REPLACE FUNCTION odata_single(x double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN x::real::double precision;
EXCEPTION WHEN numeric_value_out_of_range THEN
  RETURN CASE WHEN abs(x) < 1 THEN 0 END;
END $$;

CREATE OR REPLACE FUNCTION odata_decimal(x double precision) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN x NOT IN ('Infinity', '-Infinity', 'NaN') THEN odata_number(x::text) END
$$;

CREATE OR REPLACE FUNCTION odata_guid(t text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN t ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' THEN lower(t COLLATE "C") END
$$;

-- The positions of a shape of one line, as x and y by turns.
CREATE OR REPLACE FUNCTION odata_positions(t text) RETURNS double precision[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT array_agg(c::double precision ORDER BY i, j)
  FROM unnest(string_to_array(btrim(t, '()'), ',')) WITH ORDINALITY AS p(position, i),
    unnest((string_to_array(btrim(position), ' '))[1:2]) WITH ORDINALITY AS q(c, j)
$$;

CREATE OR REPLACE FUNCTION odata_srid(a text, b text) RETURNS int
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN l = 0 THEN r WHEN r = 0 OR l = r THEN l END
  FROM (SELECT substring(a FROM '^SRID=([0-9]+)')::int AS l, substring(b FROM '^SRID=([0-9]+)')::int AS r) AS s
$$;

CREATE OR REPLACE FUNCTION odata_distance(srid int, x1 double precision, y1 double precision,
  x2 double precision, y2 double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  latitude double precision;
  longitude double precision;
BEGIN
  IF srid < 4000 OR srid >= 5000 THEN
    RETURN sqrt((x2 - x1) * (x2 - x1) + (y2 - y1) * (y2 - y1));
  END IF;
  latitude := sin((radians(y2) - radians(y1)) / 2);
  longitude := sin(radians(x2 - x1) / 2);
  RETURN 2 * 6371008.8 * asin(LEAST(sqrt(latitude * latitude
    + cos(radians(y1)) * cos(radians(y2)) * longitude * longitude), 1));
END $$;

CREATE OR REPLACE FUNCTION odata_geo_distance(a text, b text) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  p double precision[] := odata_positions(substring(a FROM ';Point(\(.*\))$'));
  q double precision[] := odata_positions(substring(b FROM ';Point(\(.*\))$'));
BEGIN
  RETURN odata_distance(odata_srid(a, b), p[1], p[2], q[1], q[2]);
END $$;

CREATE OR REPLACE FUNCTION odata_geo_length(a text) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  p double precision[] := odata_positions(substring(a FROM ';LineString(\(.*\))$'));
  length double precision := 0;
BEGIN
  IF p IS NULL THEN RETURN NULL; END IF;
  FOR i IN 1 .. array_length(p, 1) - 3 BY 2 LOOP
    length := length + odata_distance(odata_srid(a, a), p[i], p[i + 1], p[i + 2], p[i + 3]);
  END LOOP;
  RETURN length;
END $$;

CREATE OR REPLACE FUNCTION odata_geo_intersects(a text, b text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  at double precision[] := odata_positions(substring(a FROM ';Point(\(.*\))$'));
  rings text := substring(b FROM ';Polygon\((.*)\)$');
  ring text;
  p double precision[];
  x double precision := at[1];
  y double precision := at[2];
  inside boolean;
  within boolean := NULL;
BEGIN
  IF at IS NULL OR rings IS NULL OR odata_srid(a, b) IS NULL THEN RETURN NULL; END IF;
  FOR ring IN SELECT m[1] FROM regexp_matches(rings, '\(([^()]*)\)', 'g') AS m LOOP
    p := odata_positions(ring);
    inside := FALSE;
    FOR i IN 1 .. array_length(p, 1) - 3 BY 2 LOOP
      IF (p[i + 2] - p[i]) * (y - p[i + 1]) - (p[i + 3] - p[i + 1]) * (x - p[i]) = 0
        AND x BETWEEN LEAST(p[i], p[i + 2]) AND GREATEST(p[i], p[i + 2])
        AND y BETWEEN LEAST(p[i + 1], p[i + 3]) AND GREATEST(p[i + 1], p[i + 3]) THEN
        RETURN TRUE;
      END IF;
      IF (p[i + 1] > y) <> (p[i + 3] > y)
        AND x < (p[i + 2] - p[i]) * (y - p[i + 1]) / (p[i + 3] - p[i + 1]) + p[i] THEN
        inside := NOT inside;
      END IF;
    END LOOP;
    -- The first ring is the outside, the others are holes.
    within := CASE WHEN within IS NULL THEN inside ELSE within AND NOT inside END;
  END LOOP;
  RETURN within;
END $$;

-- Items of a collection in a form in which equal values are equal.
CREATE OR REPLACE FUNCTION odata_comparable(j jsonb, form text) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT COALESCE(jsonb_agg(CASE form
    WHEN 'instant' THEN odata_ticks(v)
    WHEN 'time' THEN odata_time(v) >> 4
    WHEN 'decimal' THEN v::numeric
    ELSE odata_duration(v) END ORDER BY n), '[]')
  FROM jsonb_array_elements_text(j) WITH ORDINALITY AS items(v, n)
$$;

-- From a place, counted from the end if negative; never beyond either end.
CREATE OR REPLACE FUNCTION odata_slice(j jsonb, start bigint, len bigint) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  size bigint := jsonb_array_length(j);
  first bigint := CASE WHEN start < 0 THEN GREATEST(size + start, 0) ELSE start END;
BEGIN
  IF len < 0 THEN
    PERFORM odata_fail('The length given to ''substring'' is negative.');
  END IF;
  RETURN (SELECT COALESCE(jsonb_agg(v ORDER BY n), '[]')
    FROM jsonb_array_elements(j) WITH ORDINALITY AS items(v, n)
    WHERE n > first AND n - first <= len);
END $$;

CREATE OR REPLACE FUNCTION odata_ends_with(a jsonb, b jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT jsonb_array_length(a) >= jsonb_array_length(b)
    AND odata_slice(a, jsonb_array_length(a) - jsonb_array_length(b), jsonb_array_length(b)) = b
$$;

-- The first place at which b stands in a without gaps, -1 if at none.
CREATE OR REPLACE FUNCTION odata_place(a jsonb, b jsonb) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  x jsonb[] := ARRAY(SELECT jsonb_array_elements(a));
  y jsonb[] := ARRAY(SELECT jsonb_array_elements(b));
BEGIN
  IF cardinality(y) = 0 THEN RETURN 0; END IF;
  IF cardinality(x)::bigint * cardinality(y) > 10000000 THEN
    PERFORM odata_fail('The collections are too long to be searched for one another.');
  END IF;
  FOR i IN 1 .. cardinality(x) - cardinality(y) + 1 LOOP
    IF x[i : i + cardinality(y) - 1] = y THEN RETURN i - 1; END IF;
  END LOOP;
  RETURN -1;
END $$;

-- Whether every item of b is in a as often as it is in b.
CREATE OR REPLACE FUNCTION odata_has_subset(a jsonb, b jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT NOT EXISTS (
    SELECT 1 FROM (SELECT v, count(*) AS n FROM jsonb_array_elements(b) AS y(v) GROUP BY v) AS wanted
    LEFT JOIN (SELECT v, count(*) AS n FROM jsonb_array_elements(a) AS x(v) GROUP BY v) AS there
      ON there.v = wanted.v
    WHERE COALESCE(there.n, 0) < wanted.n)
$$;

CREATE OR REPLACE FUNCTION odata_has_subsequence(a jsonb, b jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  y jsonb[] := ARRAY(SELECT jsonb_array_elements(b));
  found_so_far int := 0;
  item jsonb;
BEGIN
  FOR item IN SELECT jsonb_array_elements(a) LOOP
    EXIT WHEN found_so_far = cardinality(y);
    IF item = y[found_so_far + 1] THEN found_so_far := found_so_far + 1; END IF;
  END LOOP;
  RETURN found_so_far = cardinality(y);
END $$;
