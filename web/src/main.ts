import "./style.css";
document.body.append("Retort");
