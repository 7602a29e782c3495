//! The canonical functions (OData 4.01 URL Conventions, sections 5.1.1.5 to 5.1.1.12).

/// A canonical function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named as they are written")]
pub enum Function {
    Concat,
    Contains,
    EndsWith,
    IndexOf,
    Length,
    StartsWith,
    Substring,
    HasSubset,
    HasSubsequence,
    MatchesPattern,
    ToLower,
    ToUpper,
    Trim,
    Date,
    Day,
    FractionalSeconds,
    Hour,
    MaxDateTime,
    MinDateTime,
    Minute,
    Month,
    Now,
    Second,
    Time,
    TotalOffsetMinutes,
    TotalSeconds,
    Year,
    Ceiling,
    Floor,
    Round,
    GeoDistance,
    GeoIntersects,
    GeoLength,
}

impl Function {
    /// Every function with its name in a URL.
    pub const ALL: [(Self, &'static str); 33] = [
        (Self::Concat, "concat"),
        (Self::Contains, "contains"),
        (Self::EndsWith, "endswith"),
        (Self::IndexOf, "indexof"),
        (Self::Length, "length"),
        (Self::StartsWith, "startswith"),
        (Self::Substring, "substring"),
        (Self::HasSubset, "hassubset"),
        (Self::HasSubsequence, "hassubsequence"),
        (Self::MatchesPattern, "matchespattern"),
        (Self::ToLower, "tolower"),
        (Self::ToUpper, "toupper"),
        (Self::Trim, "trim"),
        (Self::Date, "date"),
        (Self::Day, "day"),
        (Self::FractionalSeconds, "fractionalseconds"),
        (Self::Hour, "hour"),
        (Self::MaxDateTime, "maxdatetime"),
        (Self::MinDateTime, "mindatetime"),
        (Self::Minute, "minute"),
        (Self::Month, "month"),
        (Self::Now, "now"),
        (Self::Second, "second"),
        (Self::Time, "time"),
        (Self::TotalOffsetMinutes, "totaloffsetminutes"),
        (Self::TotalSeconds, "totalseconds"),
        (Self::Year, "year"),
        (Self::Ceiling, "ceiling"),
        (Self::Floor, "floor"),
        (Self::Round, "round"),
        (Self::GeoDistance, "geo.distance"),
        (Self::GeoIntersects, "geo.intersects"),
        (Self::GeoLength, "geo.length"),
    ];

    /// The function's name in a URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(function, _)| *function == self)
            .map_or("", |(_, name)| name)
    }

    /// The function of a name; 4.01 takes it in any case (section 5.1.1.4).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(name))
            .map(|(function, _)| *function)
    }
}
