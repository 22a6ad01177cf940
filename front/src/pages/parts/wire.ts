// What goes over the wire to those who look after the work: the same names as in server/judging.py.

import type { ClassCount, Label, Point, Share, View } from "../../lib/wire";

export interface Voice {
  who: string;
  kind: string;
  label: Label;
  seconds: number | null;
  at: number;
}

export interface Disputed {
  row: number;
  id: unknown;
  value: number;
  label: Label;
  about: string;
  notes: string[];
  view: View;
  voices: Voice[];
  ruling: { label: Label; reviewer: string; reason: string; at: number } | null;
}

export interface Queue {
  items: Disputed[];
  total: number;
  ruled: number;
  reasons: string[];
}

export interface Coefficient {
  name: string;
  about: string;
  why: string;
  value: number | null;
  low: number | null;
  high: number | null;
  rows: number | null;
}

export interface Agreement {
  kind: string;
  rows: number;
  shared: number;
  annotators: string[];
  coefficients: Coefficient[];
}

export interface Worker {
  name: string;
  answers: number;
  labels: number;
  unsure: number;
  rejected: number;
  late: number;
  seconds: number | null;
  shared: number;
  agreement: number | null;
  accuracy: number | null;
  confusion: number[][] | null;
}

export interface Savings {
  sentence: string;
  verdict: string;
  labels: number;
  saved: number | null;
  low: number | null;
  high: number | null;
  accuracy: number | null;
  random_labels: number | null;
  strategy_labels: number | null;
}

export interface Insight {
  classes: string[];
  labels: number;
  answers: number;
  budget: number | null;
  cost: number;
  seconds: number;
  overlap: number;
  truth: string;
  strategy: string;
  accuracy: Share | null;
  curve: Point[];
  forecast: Point[];
  forecast_text: string;
  balance: ClassCount[];
  advice: string;
  stop: boolean;
  rules: { rule: string; labels: number | null; after: number; reason: string }[];
  savings: Savings | null;
  workers: Worker[];
  disputes: number;
  working: boolean;
  trouble: string;
}

export interface Landscape {
  method: string;
  methods: string[];
  explained: number | null;
  size: number;
  rows: number[];
  x: number[];
  y: number[];
}

export interface Ground {
  classes: string[];
  labels: number[];
  doubts: number[] | null;
  model: number;
  budget_left: number | null;
}

export interface Found {
  rows: number[];
  total: number;
  scores: number[];
}

export interface ShownRow {
  row: number;
  id: unknown;
  label: Label;
  view: View;
}

export interface Member {
  name: string;
  role: string;
  tokens: { prefix: string; ends: number }[];
}

export interface Members {
  people: Member[];
  roles: string[];
  single: boolean;
}
