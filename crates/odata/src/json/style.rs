//! How values are written for one answer: what its media type asks for (OData JSON Format 4.01,
//! section 3).

use edm::{Property, Value};

/// How values are written. The default is what most clients get: minimal metadata, numbers as
/// numbers, padded base64, every property.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// How much control information there is.
    pub metadata: Metadata,
    /// `IEEE754Compatible=true`: `Edm.Int64` and `Edm.Decimal` are strings (section 3.2).
    pub ieee754: bool,
    /// Binary values are base64url without padding, as the standard has them (section 7.1), not
    /// the padded base64 that the clients of Graph expect.
    pub base64url: bool,
    /// A duration of zero is `P0D`, not `PT0S`.
    pub zero_days: bool,
    /// `Prefer: omit-values`: which properties are left out.
    pub omit: Omit,
    /// `Prefer: maxpagesize`: the most members of a nested collection on a page.
    pub nested_page: Option<u64>,
}

/// Which properties are left out for their values (OData 4.01 Protocol, section 8.2.8.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Omit {
    /// None.
    #[default]
    Nothing,
    /// Those that are null.
    Nulls,
    /// Those that have the default which the model gives them; where it gives none, null.
    Defaults,
}

impl Omit {
    /// Whether a property with a value is left out.
    #[must_use]
    pub fn leaves_out(self, property: &Property, value: &Value) -> bool {
        match self {
            Self::Nothing => false,
            Self::Nulls => value.is_null(),
            Self::Defaults if property.has_default => *value == property.default,
            Self::Defaults => value.is_null(),
        }
    }

    /// The value of the preference; none if it is not applied.
    #[must_use]
    pub fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Nulls => Some("nulls"),
            Self::Defaults => Some("defaults"),
        }
    }
}

/// The `metadata` format parameter (section 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metadata {
    /// `none`: only the next link and the count.
    None,
    /// `minimal`: what a client cannot know from the model and the request.
    #[default]
    Minimal,
    /// `full`: everything.
    Full,
}

impl Metadata {
    /// The parameter's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Full => "full",
        }
    }
}
