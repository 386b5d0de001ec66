// Written by "rivulet generate" from streams.json, revision 2026-11-01.1. Do not edit.

import type { GivenMeta, StreamSchema } from 'rivulet'

/**
 * A visitor did something in the shop, from opening a product to buying. Schema: /shop/click/1.0.0.
 */
export interface ShopClick {
  $schema?: '/shop/click/1.0.0'
  /** What the event follows from: `cause`, `request_id`. The client fills in the rest. */
  meta?: GivenMeta
  /** What the visitor did. */
  action:
    | 'open_product'
    | 'add_to_basket'
    | 'remove_from_basket'
    | 'check_out'
    | 'buy'
  /** What the visitor uses. */
  agent?: {
    /** Whether it is a browser of a phone, of a computer, or an app. */
    client_platform_family?: 'app' | 'desktop_browser' | 'mobile_browser'
  }
  /** The shop's own context, on request of the stream config. */
  basket?: {
    /** How many things lay in the basket then. An integer from 0 to 1000. */
    size?: number
  }
  /** When it happened, by the client's clock. Format: date-time. At most 128 characters. */
  dt?: string
  /** The page that the event is of. */
  page?: {
    /** Its title at the time of the event. At most 2048 characters. */
    title?: string
    /**
     * The language that the page says it is in; empty where it says none. At most 256 characters.
     */
    content_language?: string
    /** The path of its URL, without query and fragment. At most 2048 characters. */
    path?: string
  }
  /** Who did it, as far as ids that tell nothing of a person can say. */
  performer?: {
    /**
     * Names the page view. 20 hexadecimal digits where the client has made it. Matches
     * `^[0-9a-z]{20}$`. At most 20 characters.
     */
    pageview_id?: string
    /**
     * Names the session, for all tabs. 20 hexadecimal digits where the client has made it. Matches
     * `^[0-9a-z]{20}$`. At most 20 characters.
     */
    session_id?: string
  }
  /** The product it was done to, where there is one. 1 to 64 characters. */
  product_id?: string
}

/** An order was placed. Schema: /shop/purchase/1.0.0. */
export interface ShopPurchase {
  $schema?: '/shop/purchase/1.0.0'
  /** What the event follows from: `cause`, `request_id`. The client fills in the rest. */
  meta?: GivenMeta
  /** Where the order came in. */
  channel: 'web' | 'phone'
  currency: 'EUR'
  /** When it happened, by the client's clock. Format: date-time. At most 128 characters. */
  dt?: string
  /** 1 to 100 items. */
  lines: readonly ({
    /** Price of one. An integer from 0 to 100000000. */
    price_cents: number
    /** 1 to 64 characters. */
    product_id: string
    /** An integer from 1 to 1000. */
    quantity: number
  })[]
  /** 1 to 64 characters. */
  order_id: string
  /** An integer from 0 to 100000000. */
  total_cents: number
}

/** What is submitted to each stream. */
export type Schemas = {
  readonly 'shop.click': StreamSchema<ShopClick>
  readonly 'shop.purchase': StreamSchema<ShopPurchase>
}

/** What `createClient` takes as `schemas`. */
export declare const schemas: Schemas
