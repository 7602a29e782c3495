//! The tables and columns that the service's rules are about, found once at start.

use edm::{Model, Value};
use store::{TableId, Tables};

use crate::Failure;

/// A table with its name in the model.
fn table(tables: &Tables, name: &str) -> Result<TableId, Failure> {
    let found = tables.find(name);
    found.ok_or_else(|| format!("the storage map has no table {name}").into())
}

fn column(tables: &Tables, table: TableId, name: &str) -> Result<usize, Failure> {
    let table = tables.table(table);
    let found = table.column(name);
    found.ok_or_else(|| format!("{} has no column {name}", table.name).into())
}

/// The tables of the shop.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    pub(crate) product: Product,
    pub(crate) category: Category,
    pub(crate) description: Description,
    pub(crate) media: Media,
    pub(crate) company: Company,
    /// Every table of the shop, for the reset.
    pub(crate) all: Vec<TableId>,
    pub(crate) related: Related,
}

/// The columns of products.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product {
    pub(crate) table: TableId,
    pub(crate) id: usize,
    pub(crate) name: usize,
    pub(crate) price: usize,
    pub(crate) category_id: usize,
    pub(crate) status: usize,
    pub(crate) version: usize,
    pub(crate) created_at: usize,
    /// What `Status` holds for products in stock, and for those that are no longer made.
    pub(crate) in_stock: i64,
    pub(crate) discontinued: i64,
}

/// The columns of categories.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Category {
    pub(crate) table: TableId,
    pub(crate) id: usize,
    pub(crate) name: usize,
}

/// The columns of descriptions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Description {
    pub(crate) table: TableId,
    pub(crate) product_id: usize,
}

/// The columns of media items.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Media {
    pub(crate) table: TableId,
    pub(crate) name: usize,
    pub(crate) content_type: usize,
    pub(crate) size: usize,
    pub(crate) created_at: usize,
    pub(crate) modified_at: usize,
    pub(crate) content: usize,
    pub(crate) media_type: usize,
}

/// The columns of the company.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Company {
    pub(crate) table: TableId,
    pub(crate) updated_at: usize,
}

/// The links between products.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Related {
    pub(crate) table: TableId,
    pub(crate) source: usize,
    pub(crate) target: usize,
}

impl Rows {
    /// Finds them.
    ///
    /// # Errors
    /// If the model or the map lacks one.
    pub(crate) fn of(model: &Model, tables: &Tables) -> Result<Self, Failure> {
        Ok(Self {
            product: product(model, tables)?,
            category: category(tables)?,
            description: description(tables)?,
            media: media(tables)?,
            company: company(tables)?,
            related: related(tables)?,
            all: tables.iter().map(|(id, _)| id).collect(),
        })
    }
}

fn product(model: &Model, tables: &Tables) -> Result<Product, Failure> {
    let id = table(tables, "product")?;
    let of = |name| column(tables, id, name);
    Ok(Product {
        table: id,
        id: of("id")?,
        name: of("name")?,
        price: of("price")?,
        category_id: of("category_id")?,
        status: of("status")?,
        version: of("version")?,
        created_at: of("created_at")?,
        in_stock: status(model, "InStock")?,
        discontinued: status(model, "Discontinued")?,
    })
}

/// The number of a member of the status.
fn status(model: &Model, name: &str) -> Result<i64, Failure> {
    let of = model.find_enum("Storefront.ProductStatus");
    let member = of.and_then(|id| model.enum_type(id).member(name));
    let member = member.ok_or_else(|| format!("the model has no status {name}"))?;
    Ok(member.value)
}

fn category(tables: &Tables) -> Result<Category, Failure> {
    let id = table(tables, "category")?;
    Ok(Category {
        table: id,
        id: column(tables, id, "id")?,
        name: column(tables, id, "name")?,
    })
}

fn description(tables: &Tables) -> Result<Description, Failure> {
    let id = table(tables, "product_description")?;
    Ok(Description {
        table: id,
        product_id: column(tables, id, "product_id")?,
    })
}

fn media(tables: &Tables) -> Result<Media, Failure> {
    let id = table(tables, "media_item")?;
    let of = |name| column(tables, id, name);
    let media = tables
        .table(id)
        .media
        .ok_or("media items have no content")?;
    Ok(Media {
        table: id,
        name: of("name")?,
        content_type: of("content_type")?,
        size: of("size")?,
        created_at: of("created_at")?,
        modified_at: of("modified_at")?,
        content: media.content,
        media_type: media.media_type,
    })
}

fn company(tables: &Tables) -> Result<Company, Failure> {
    let id = table(tables, "company")?;
    Ok(Company {
        table: id,
        updated_at: column(tables, id, "updated_at")?,
    })
}

fn related(tables: &Tables) -> Result<Related, Failure> {
    let id = table(tables, "related_product")?;
    Ok(Related {
        table: id,
        source: column(tables, id, "product_id")?,
        target: column(tables, id, "related_id")?,
    })
}

/// The number of a price or another value that is one.
pub(crate) fn number(value: &Value) -> f64 {
    match value {
        Value::Double(number) => *number,
        #[expect(
            clippy::cast_precision_loss,
            reason = "an integer argument of an Edm.Double"
        )]
        Value::Integer(number) => *number as f64,
        _ => 0.0,
    }
}
