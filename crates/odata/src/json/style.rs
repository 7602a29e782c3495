//! How values are written for one answer: what its media type asks for (OData JSON Format 4.01,
//! section 3).

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
