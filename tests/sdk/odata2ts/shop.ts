// The client generated from the reference service's $metadata, a model that has nothing of Graph:
// it makes, reads, changes and removes, follows derived types, queries and calls operations.

import { FetchClient } from "@odata2ts/http-client-fetch";

import { program, same } from "./checks";
import { ProductStatus } from "./generated/shop/shopModel";
import {
  shopService,
  SpecialProductCollectionService,
  SpecialProductService,
} from "./generated/shop/shopService";

/** The status of the answer to a request that is refused. */
async function refusal(request: Promise<unknown>): Promise<number | undefined> {
  return request.then(
    () => undefined,
    (error: { status?: number }) => error.status,
  );
}

/** What every product must have; the service computes the rest, which the generator does not see. */
const product = {
  Name: "Lamp",
  Price: 40,
  Rating: 3,
  Temperature: -5,
  Quantity: 7,
  Weight: 1.5,
  Status: ProductStatus.InStock,
  ProductType: "Product",
  Version: 1,
  CreatedAt: "2024-01-01T00:00:00Z",
};

program(async ([url]) => {
  const client = new FetchClient();
  const shop = new shopService(client, url);

  // CRUD, complex values, composite keys
  const category = (await shop.Categories().create({ Name: "Generated" })).data;
  const made = await shop.Products().create({
    ...product,
    CategoryID: category.ID,
    ShippingAddress: { City: "Jena" },
  });
  same([made.status, made.data.Price, made.data.ShippingAddress?.City], [201, 40, "Jena"]);
  const lamp = shop.Products(made.data.ID);
  await lamp.patch({ Description: "It's «bright»" });
  await lamp.ShippingAddress().patch({ Street: "Markt 1" });
  const read = (await lamp.query()).data;
  same(
    [read.Name, read.Description, read.ShippingAddress?.Street, read.ShippingAddress?.City],
    ["Lamp", "It's «bright»", "Markt 1", "Jena"],
  );
  const text = { ProductID: made.data.ID, LanguageKey: "de", Description: "Leuchte" };
  same((await shop.ProductDescriptions().create(text)).status, 201);
  const keyed = shop.ProductDescriptions({ ProductID: made.data.ID, LanguageKey: "de" });
  same((await keyed.query()).data.Description, "Leuchte");

  // Queries: filters with functions and lambdas, expansions with options of their own
  const found = await shop.Products().query((builder, it) =>
    builder
      .select("ID", "Name", "Status")
      .filter(it.Name.startsWith("La"))
      .filter(it.Price.gt(10).and(it.Category.props.Name.eq("Generated")))
      .filter(it.Descriptions.any((of) => of.LanguageKey.eq("de")))
      .expanding("Descriptions", (nested, of) => nested.select("Description").orderBy(of.LanguageKey.asc()))
      .expanding("Category", (nested) => nested.select("Name"))
      .orderBy(it.Name.desc())
      .count()
      .top(3),
  );
  same(found.data["@odata.count"], 1);
  const [only] = found.data.value;
  same(
    [only.Name, only.Status, only.Category?.Name, only.Descriptions?.map((of) => of.Description)],
    ["Lamp", "InStock", "Generated", ["Leuchte"]],
  );
  const sold = await shop.Categories(category.ID).Products().query();
  same(sold.data.value.map((of) => of.Name), ["Lamp"]);

  // Derived types
  const specials = new SpecialProductCollectionService(client, `${url}/Products`, "Storefront.SpecialProduct");
  const special = await specials.create({ ...product, Name: "Star", SpecialFeature: "glows" });
  same([special.status, special.data.SpecialFeature], [201, "glows"]);
  const stars = await specials.query((builder, it) => builder.filter(it.SpecialFeature.eq("glows")));
  same(stars.data.value.map((of) => of.Name), ["Star"]);
  const star = new SpecialProductService(
    client,
    `${url}/Products(${special.data.ID})`,
    "Storefront.SpecialProduct",
  );
  await star.patch({ SpecialProperty: "changed" });
  same((await star.query()).data.SpecialProperty, "changed");
  same((await shop.Products(special.data.ID).query()).data.Name, "Star");

  // Functions and actions: bound to one and to many, overloaded, imported
  same((await lamp.GetTotalPrice({ taxRate: 0.25 })).data.value, 50);
  same((await lamp.CalculatePrice({ discount: 50 })).status, 200);
  same((await lamp.CalculatePrice2({ discount: 50, tax: 10 })).status, 200);
  const discounted = await lamp.ApplyDiscount({ percentage: 50 });
  same([discounted.status, discounted.data.Price], [200, 20]);
  same((await lamp.IncreasePrice({ amount: 5 })).status, 204);
  same((await lamp.query()).data.Price, 25);
  same((await shop.Products().MarkAllAsReviewed()).status, 204);
  same(typeof (await shop.Products().GetAveragePrice()).data.value, "number");
  same((await shop.Calculate({ a: 2, b: 3 })).data.value, 5);
  same((await shop.FindProducts({ name: "Lamp", maxPrice: 30 })).data.value.length, 1);
  same(typeof (await shop.GetProductStats()).data.averagePrice, "number");

  // A singleton, and what the model forbids
  await shop.Company().patch({ CEO: "Ada" });
  same((await shop.Company().query()).data.CEO, "Ada");
  same(await refusal(shop.ReadOnlyItems().create({ Name: "none" })), 405);

  for (const gone of [keyed, lamp, shop.Products(special.data.ID), shop.Categories(category.ID)]) {
    same((await gone.delete()).status, 204);
  }
  same(await refusal(lamp.query()), 404);
});
