//! Writes query options as OData text, decoded: parsing it gives the same tree.

use std::fmt::{self, Display, Formatter, Write as _};

use super::print::{enclosed, joined};
use super::syntax::{
    ComputeItem, Levels, Options, OrderItem, PathItem, Search, SystemOption, Transformation,
};

impl Display for OrderItem<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let direction = if self.descending { " desc" } else { "" };
        write!(f, "{}{direction}", self.expr)
    }
}

impl Display for ComputeItem<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {}", self.expr, self.name)
    }
}

impl Display for Levels {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(levels) => write!(f, "{levels}"),
            Self::Max => f.write_str("max"),
        }
    }
}

impl Display for Search<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(text) => f.write_str(text),
            Self::Phrase(text) => write!(f, "\"{text}\""),
            Self::Typed(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Self::Not(operand) => {
                f.write_str("NOT ")?;
                search_operand(f, operand, 3)
            }
            Self::And(operands) => joined(f, operands, " AND ", |f, o| search_operand(f, o, 3)),
            Self::Or(operands) => joined(f, operands, " OR ", |f, o| search_operand(f, o, 2)),
        }
    }
}

fn search_operand(f: &mut Formatter<'_>, operand: &Search<'_>, least: u8) -> fmt::Result {
    let rank = match operand {
        Search::Or(_) => 1,
        Search::And(_) => 2,
        _ => 3,
    };
    if rank < least {
        write!(f, "({operand})")
    } else {
        operand.fmt(f)
    }
}

impl Display for PathItem<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        joined(f, &self.path, "/", |f, part| f.write_str(part))?;
        if let Some(parameters) = &self.parameters {
            enclosed(f, '(', parameters, ')', |f, name| f.write_str(name))?;
        }
        match &self.options {
            Some(options) => write!(f, "({options})"),
            None => Ok(()),
        }
    }
}

/// Writes the names and values of options, separated by semicolons.
struct OptionWriter<'f, 'g> {
    f: &'f mut Formatter<'g>,
    any: bool,
}

impl OptionWriter<'_, '_> {
    fn name(&mut self, sigil: &str, name: &str) -> fmt::Result {
        let separator = if self.any { ";" } else { "" };
        self.any = true;
        write!(self.f, "{separator}{sigil}{name}=")
    }

    fn one<T: Display>(&mut self, option: SystemOption, value: Option<&T>) -> fmt::Result {
        match value {
            Some(value) => {
                self.name("", option.name())?;
                write!(self.f, "{value}")
            }
            None => Ok(()),
        }
    }

    fn list<T: Display>(&mut self, option: SystemOption, items: &[T]) -> fmt::Result {
        if items.is_empty() {
            return Ok(());
        }
        self.name("", option.name())?;
        joined(self.f, items, ",", |f, item| item.fmt(f))
    }
}

/// As inside the parentheses of `$expand`: separated by semicolons.
impl Display for Options<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut out = OptionWriter { f, any: false };
        if !self.apply.is_empty() {
            out.name("", SystemOption::Apply.name())?;
            sequence(out.f, &self.apply)?;
        }
        out.list(SystemOption::Compute, &self.compute)?;
        out.one(SystemOption::Filter, self.filter.as_ref())?;
        out.list(SystemOption::OrderBy, &self.orderby)?;
        out.list(SystemOption::Select, self.select.as_deref().unwrap_or(&[]))?;
        out.list(SystemOption::Expand, &self.expand)?;
        out.one(SystemOption::Top, self.top.as_ref())?;
        out.one(SystemOption::Skip, self.skip.as_ref())?;
        out.one(SystemOption::Count, self.count.as_ref())?;
        out.one(SystemOption::Levels, self.levels.as_ref())?;
        out.one(SystemOption::Index, self.index.as_ref())?;
        out.one(SystemOption::Search, self.search.as_ref())?;
        for (option, text) in &self.text {
            out.one(*option, Some(text))?;
        }
        for (name, value) in &self.aliases {
            out.name("@", name)?;
            write!(out.f, "{value}")?;
        }
        for (name, value) in &self.custom {
            out.name("", name)?;
            out.f.write_str(value)?;
        }
        Ok(())
    }
}

/// Transformations, separated by slashes.
pub(super) fn sequence(f: &mut Formatter<'_>, items: &[Transformation<'_>]) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_char('/')?;
        }
        item.fmt(f)?;
    }
    Ok(())
}
