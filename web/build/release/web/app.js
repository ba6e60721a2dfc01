// src/main.ts
document.body.append("Retort");
