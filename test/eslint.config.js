import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** Rules of the whole tree; run from the top level: `eslint -c test/eslint.config.js src-main test`. */
export default tseslint.config(
  { ignores: ["dist/**", "node_modules/**", "**/*.svelte"] },
  js.configs.recommended,
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: {
      globals: { process: "readonly", URL: "readonly", console: "readonly" },
    },
  },
  ...tseslint.configs.strict,
  {
    files: ["**/*.ts"],
    languageOptions: {
      parserOptions: {
        project: ["./tsconfig.json"],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/no-non-null-assertion": "off",
      "max-lines-per-function": [
        "error",
        { max: 70, skipBlankLines: true, skipComments: true },
      ],
      "no-undef": "off",
    },
  },
  { files: ["test/**"], rules: { "max-lines-per-function": "off" } },
);
