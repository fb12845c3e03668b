export class Cart {
  constructor(items) {
    this.items = items;
  }

  total() {
    return this.items.reduce((sum, item) => sum + amountOf(item), 0);
  }
}

function amountOf(item) {
  return item.price.amount;
}
